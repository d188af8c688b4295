using Refit;

namespace HubSpotMessaging.HubSpot.Api.OAuth;

/// <summary>HubSpot's token endpoints. Forms only; nothing secret stands in an address, except where version 1 demands it.</summary>
public interface IOAuthApi
{
    /// <summary>Exchanges a code or refreshes.</summary>
    [Post("/oauth/{version}/token")]
    Task<IApiResponse<TokenResponse>> TokenAsync(
        string version, [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form, CancellationToken cancellationToken);

    /// <summary>Tells of a token.</summary>
    [Post("/oauth/{version}/token/introspect")]
    Task<IApiResponse<TokenInfo>> IntrospectAsync(
        string version, [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form, CancellationToken cancellationToken);

    /// <summary>Takes a grant back.</summary>
    [Post("/oauth/{version}/token/revoke")]
    Task<IApiResponse> RevokeAsync(
        string version, [Body(BodySerializationMethod.UrlEncoded)] Dictionary<string, string> form, CancellationToken cancellationToken);

    /// <summary>Tells of an access token, in version 1.</summary>
    [Get("/oauth/v1/access-tokens/{token}")]
    Task<IApiResponse<TokenInfo>> AccessTokenV1Async(string token, CancellationToken cancellationToken);

    /// <summary>Tells of a refresh token, in version 1.</summary>
    [Get("/oauth/v1/refresh-tokens/{token}")]
    Task<IApiResponse<TokenInfo>> RefreshTokenV1Async(string token, CancellationToken cancellationToken);

    /// <summary>Takes a grant back, in version 1.</summary>
    [Delete("/oauth/v1/refresh-tokens/{token}")]
    Task<IApiResponse> RevokeV1Async(string token, CancellationToken cancellationToken);
}
