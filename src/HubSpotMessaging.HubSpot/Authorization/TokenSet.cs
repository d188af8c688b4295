using HubSpotMessaging.HubSpot.Api.OAuth;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>The pair of tokens that the service works with, and what is known of it.</summary>
public sealed record TokenSet
{
    /// <summary>The access token.</summary>
    public required AccessToken AccessToken { get; init; }

    /// <summary>The refresh token.</summary>
    public required RefreshToken RefreshToken { get; init; }

    /// <summary>When the access token was issued, to the second.</summary>
    public required DateTimeOffset GeneratedAt { get; init; }

    /// <summary>How long the access token lives, as HubSpot said.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>Counts the pairs of this installation; 0 for one that was put into Redis by hand.</summary>
    public long Generation { get; init; }

    /// <summary>The HubSpot account (portal), as far as it is known.</summary>
    public long? PortalId { get; init; }

    /// <summary>The scopes that HubSpot granted, with spaces between them; null when it has not told.</summary>
    public string? Scopes { get; init; }

    /// <summary>When the access token ends.</summary>
    public DateTimeOffset ExpiresAt => GeneratedAt + Lifetime;

    /// <summary>Which grant of a person the pair goes back to.</summary>
    internal Grant? Grant { get; init; }

    /// <summary>Why the pair was made.</summary>
    internal TokenOrigin Origin { get; init; }

    /// <summary>Whether this pair came before another one of ours.</summary>
    internal bool IsOlderThan(TokenSet other) =>
        Grant is { } grant && other.Grant is { } later
        && (grant.At < later.At || (grant == later && Generation < other.Generation));
}

/// <summary>The consent of a person, from which one pair of tokens after the other is made.</summary>
/// <param name="At">When, in Unix milliseconds.</param>
/// <param name="Id">Tells two of the same moment apart.</param>
internal sealed record Grant(long At, string Id)
{
    /// <summary>One that comes after others, whatever the clocks say at which they were made.</summary>
    public static Grant After(TimeProvider time, params ReadOnlySpan<Grant?> others)
    {
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var other in others)
            at = Math.Max(at, (other?.At ?? 0) + 1);
        return new(at, Guid.NewGuid().ToString("N"));
    }

    public static Grant? Parse(string? text) =>
        text?.Split('-') is [var at, var id] && long.TryParse(at, System.Globalization.CultureInfo.InvariantCulture, out var moment) ? new(moment, id) : null;

    public override string ToString() => FormattableString.Invariant($"{At}-{Id}");
}

/// <summary>Why a pair of tokens was made. The names stand in Redis.</summary>
internal enum TokenOrigin
{
    /// <summary>It was due.</summary>
    Due,

    /// <summary>HubSpot had refused the access token before it.</summary>
    Refused,

    /// <summary>A person connected the service, or put the tokens there by hand.</summary>
    Granted,

    /// <summary>Redis had lost it, and it was written again.</summary>
    Repaired,
}
