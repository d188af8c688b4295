namespace HubSpotMessaging.HubSpot.Api;

/// <summary>What an answer of HubSpot means for what was asked; HubSpot's status codes reduced to what a caller can do about them.</summary>
public enum AnswerKind
{
    /// <summary>2xx: it is done.</summary>
    Done,

    /// <summary>207: some of a batch is done and some refused; the value tells which.</summary>
    Mixed,

    /// <summary>2xx with a body that is empty or cannot be understood: it may be done.</summary>
    Unreadable,

    /// <summary>400 and other refusals that will be the same next time.</summary>
    Refused,

    /// <summary>404: what it is about is not there (yet).</summary>
    NotFound,

    /// <summary>409: it is there already, or contradicts what is.</summary>
    Conflict,

    /// <summary>401, or no usable token to ask with: not the fault of what was asked.</summary>
    Unauthorized,

    /// <summary>403 <c>MISSING_SCOPES</c>: the grant lacks a scope; the token is fine.</summary>
    MissingScopes,

    /// <summary>423: locked by a large synchronisation; HubSpot asks for two seconds at least.</summary>
    Locked,

    /// <summary>429: over the limit. Nothing was done.</summary>
    RateLimited,

    /// <summary>477: HubSpot is moving the account to another data centre. Nothing was done.</summary>
    PortalMigrating,

    /// <summary>5xx, also of the network in between: it may be done.</summary>
    Unavailable,

    /// <summary>The request never reached HubSpot. Nothing was done.</summary>
    NotSent,

    /// <summary>We did not send the request, since what allowed it had ended: a slot of the quota, or a lease. Nothing was done.</summary>
    Withheld,

    /// <summary>The request was sent and no answer came, by time-out or a broken connection: it may be done.</summary>
    NoAnswer,
}
