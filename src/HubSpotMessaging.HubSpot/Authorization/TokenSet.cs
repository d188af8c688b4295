using HubSpotMessaging.HubSpot.Api.OAuth;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>The pair of tokens that the service works with, and what is known of it.</summary>
public sealed record TokenSet
{
    /// <summary>The share of its lifetime after which an access token is refreshed.</summary>
    private const double RefreshAfter = 0.75;

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

    /// <summary>When the access token ends.</summary>
    public DateTimeOffset ExpiresAt => GeneratedAt + Lifetime;

    internal bool IsAlive(DateTimeOffset now) => now < ExpiresAt;

    internal bool IsDueForRefresh(DateTimeOffset now) => now >= GeneratedAt + (Lifetime * RefreshAfter);
}
