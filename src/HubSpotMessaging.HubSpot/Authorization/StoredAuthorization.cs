using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>What Redis knows of the authorization.</summary>
public sealed record StoredAuthorization
{
    /// <summary>The tokens; null while there are none, or none that can be read.</summary>
    public TokenSet? Tokens { get; init; }

    /// <summary>The account (portal) that this installation was first connected to, as far as it is known.</summary>
    public long? PortalId { get; init; }

    /// <summary>Why a person is needed; null when none is known to be.</summary>
    public AuthorizationLoss? Loss { get; init; }

    /// <summary>Whether there are tokens that this process cannot decrypt.</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>Whether the pair is not one that we wrote: somebody has put it there.</summary>
    internal bool IsByHand { get; init; }

    /// <summary>The two tokens as they stand in Redis, perhaps encrypted; empty for none. For comparing, and not for reading.</summary>
    internal (RedisValue Access, RedisValue Refresh) Raw { get; init; }

    /// <summary>The loss as it stands in Redis, perhaps of other tokens; empty for none. For comparing, too.</summary>
    internal string RawLoss { get; init; } = "";

    /// <summary>The last consent of a person, whether or not its tokens are still there.</summary>
    internal Grant? Grant { get; init; }

    /// <summary>The last pair that was written, whether or not it is still there; 0 when Redis knows of none.</summary>
    internal long Generation { get; init; }

    /// <summary>
    /// Whether Redis has been rolled back behind a pair of ours, as a failover may do: it holds an older one of ours, or nothing at
    /// all. Tokens that were forgotten on purpose leave a trace.
    /// </summary>
    internal bool IsBehind(TokenSet known) =>
        known.Grant is not null && (Tokens is null ? Raw.Refresh.IsNullOrEmpty && Generation == 0 : !IsByHand && Tokens.IsOlderThan(known));
}

/// <summary>Why a person must connect the service to HubSpot.</summary>
public enum AuthorizationLoss
{
    /// <summary>Nobody has done so yet.</summary>
    NotYetAuthorized,

    /// <summary>HubSpot does not honour the grant any more, or an operator took it back.</summary>
    Revoked,

    /// <summary>HubSpot refuses the client id or secret.</summary>
    ClientRejected,

    /// <summary>Somebody put tokens of another account into Redis.</summary>
    OtherAccount,
}
