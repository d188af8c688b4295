using System.Text.Json.Serialization;

namespace HubSpotMessaging.Contracts;

/// <summary>The access token was refreshed. Never carries a token.</summary>
public sealed record TokenRefreshed
{
    /// <summary>The HubSpot account (portal), as far as it is known.</summary>
    public long? PortalId { get; init; }

    /// <summary>When the new access token ends.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Counts the token pairs of this installation, so that subscribers can tell new from old.</summary>
    public long Generation { get; init; }
}

/// <summary>
/// A person must connect the service to HubSpot (again); until then commands wait in their queues. Published once for each loss of
/// authorization.
/// </summary>
public sealed record AuthorizationRequired
{
    /// <summary>The HubSpot account (portal), if it is known.</summary>
    public long? PortalId { get; init; }

    /// <summary>Why.</summary>
    public AuthorizationLossReason Reason { get; init; }

    /// <summary>Where an operator connects again.</summary>
    public required string ReconnectUrl { get; init; }
}

/// <summary>Why a person is needed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AuthorizationLossReason>))]
public enum AuthorizationLossReason
{
    /// <summary>
    /// Nobody has connected the installation yet; or nobody to the right account: the tokens that are there are of another one, or
    /// cannot be read.
    /// </summary>
    NotYetAuthorized,

    /// <summary>HubSpot does not honour the grant any more: the app was uninstalled, or the grant revoked.</summary>
    Revoked,

    /// <summary>HubSpot does not know the client id or refuses the client secret: a setting is wrong.</summary>
    ClientRejected,
}

/// <summary>A person connected the service to HubSpot.</summary>
public sealed record AuthorizationGranted
{
    /// <summary>The HubSpot account (portal) that was connected.</summary>
    public long PortalId { get; init; }

    /// <summary>The scopes that were granted, optional ones only where HubSpot granted them.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];
}
