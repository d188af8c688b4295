namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>Is told what happens to the authorization. Each call happens once for all replicas.</summary>
public interface IAuthorizationEvents
{
    /// <summary>A new access token is stored.</summary>
    Task RefreshedAsync(TokenSet tokens, CancellationToken cancellationToken);

    /// <summary>A person must connect the service to HubSpot.</summary>
    Task RequiredAsync(AuthorizationLoss loss, long? portalId, CancellationToken cancellationToken);
}

/// <summary>Why a person must connect the service to HubSpot.</summary>
public enum AuthorizationLoss
{
    /// <summary>Nobody has done so yet.</summary>
    NotYetAuthorized,

    /// <summary>HubSpot does not honour the grant any more.</summary>
    Revoked,

    /// <summary>HubSpot refuses the client id or secret.</summary>
    ClientRejected,
}
