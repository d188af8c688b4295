using HubSpotMessaging.HubSpot.Api.OAuth;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>Where access tokens come from.</summary>
public interface IAccessTokens
{
    /// <summary>Tokens with an access token that is alive.</summary>
    /// <exception cref="AuthorizationUnavailableException">There are none: a person must connect the service, or neither HubSpot's token
    /// endpoint nor Redis can give any.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for them.</exception>
    ValueTask<TokenSet> GetAsync(CancellationToken cancellationToken);

    /// <summary>Tokens other than the ones with an access token that HubSpot refused.</summary>
    /// <exception cref="AuthorizationUnavailableException">There are none.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for them.</exception>
    Task<TokenSet> ReplaceAsync(AccessToken refused, CancellationToken cancellationToken);
}
