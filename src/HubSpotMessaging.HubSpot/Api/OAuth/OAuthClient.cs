using System.Net;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Api.OAuth;

/// <summary>HubSpot's token endpoints: exchanges codes, refreshes, introspects and revokes.</summary>
public sealed class OAuthClient(IOAuthApi api, AnswerClassifier classifier, IOptions<HubSpotOptions> options)
{
    private ApiVersions Versions => options.Value.ApiVersions;

    /// <summary>Exchanges the code that HubSpot sent the browser back with. A code works once.</summary>
    /// <param name="code">The code.</param>
    /// <param name="codeVerifier">What the challenge of RFC 7636 was made of; null when there was none.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public Task<Answer<TokenResponse>> ExchangeAsync(string code, string? codeVerifier, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = options.Value.RedirectUri!.OriginalString,
        };
        if (codeVerifier is not null)
            form["code_verifier"] = codeVerifier;
        return TokenAsync(form, cancellationToken);
    }

    /// <summary>Gets a new access token. The refresh token may be replaced too, and then the old one may be dead.</summary>
    public Task<Answer<TokenResponse>> RefreshAsync(RefreshToken refreshToken, CancellationToken cancellationToken) =>
        TokenAsync(new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken.Value }, cancellationToken);

    /// <summary>Asks HubSpot about an access token: whether it is alive, of which account and with which scopes.</summary>
    public async Task<Answer<TokenInfo>> IntrospectAsync(AccessToken accessToken, CancellationToken cancellationToken) =>
        Versions.IsFirstOAuth
            ? OfVersion1(classifier.Classify(await api.AccessTokenV1Async(accessToken.Value, cancellationToken)))
            : await IntrospectAsync(accessToken.Value, "access_token", cancellationToken);

    /// <summary>Asks HubSpot about a refresh token: whether it is alive, of which account and with which scopes.</summary>
    public async Task<Answer<TokenInfo>> IntrospectAsync(RefreshToken refreshToken, CancellationToken cancellationToken) =>
        Versions.IsFirstOAuth
            ? OfVersion1(classifier.Classify(await api.RefreshTokenV1Async(refreshToken.Value, cancellationToken)))
            : await IntrospectAsync(refreshToken.Value, "refresh_token", cancellationToken);

    /// <summary>Takes the grant back. HubSpot answers alike whether or not it knew the token (RFC 7009).</summary>
    public async Task<Answer<NoContent>> RevokeAsync(RefreshToken refreshToken, CancellationToken cancellationToken)
    {
        var response = Versions.IsFirstOAuth
            ? await api.RevokeV1Async(refreshToken.Value, cancellationToken)
            : await api.RevokeAsync(
                Versions.OAuth, WithClient(new() { ["token"] = refreshToken.Value, ["token_type_hint"] = "refresh_token" }), cancellationToken);
        return classifier.Classify(response, Versions.IsFirstOAuth ? HttpStatusCode.NoContent : HttpStatusCode.OK);
    }

    private async Task<Answer<TokenInfo>> IntrospectAsync(string token, string kind, CancellationToken cancellationToken) => classifier.Classify(
        await api.IntrospectAsync(Versions.OAuth, WithClient(new() { ["token"] = token, ["token_type_hint"] = kind }), cancellationToken));

    /// <summary>Version 1 says of a dead token that it is not there. Of the others a 404 tells of the endpoint and nothing of the token.</summary>
    private static Answer<TokenInfo> OfVersion1(Answer<TokenInfo> answer) =>
        answer.Kind == AnswerKind.NotFound ? new(AnswerKind.Done, new() { Active = false }, null, answer.CorrelationId) : answer;

    private async Task<Answer<TokenResponse>> TokenAsync(Dictionary<string, string> form, CancellationToken cancellationToken)
    {
        var answer = classifier.Classify(await api.TokenAsync(Versions.OAuth, WithClient(form), cancellationToken));
        return answer is { Succeeded: true, Value: { AccessToken.IsEmpty: true } or { ExpiresIn: <= 0 } }
            ? new(AnswerKind.Unreadable, null, new HubSpotProblem { Message = "HubSpot's answer carries no access token.", CorrelationId = answer.CorrelationId }, answer.CorrelationId)
            : answer;
    }

    private Dictionary<string, string> WithClient(Dictionary<string, string> form)
    {
        form["client_id"] = options.Value.ClientId;
        form["client_secret"] = options.Value.ClientSecret;
        return form;
    }
}
