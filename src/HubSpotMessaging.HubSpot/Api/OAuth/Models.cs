using System.Text.Json.Serialization;

namespace HubSpotMessaging.HubSpot.Api.OAuth;

/// <summary>What the token endpoint answers. Only the access token and its lifetime are certain.</summary>
public sealed record TokenResponse
{
    /// <summary>The access token.</summary>
    [JsonPropertyName("access_token")]
    public AccessToken AccessToken { get; init; }

    /// <summary>The refresh token: perhaps a new one, after which the old one may be dead; perhaps absent.</summary>
    [JsonPropertyName("refresh_token")]
    public RefreshToken RefreshToken { get; init; }

    /// <summary>The access token's lifetime in seconds; 1800 in 2026, and never to be assumed.</summary>
    [JsonPropertyName("expires_in")]
    public int ExpiresIn { get; init; }

    /// <summary>The account (portal); since August 2025.</summary>
    [JsonPropertyName("hub_id")]
    public long? HubId { get; init; }

    /// <summary>What was granted; optional scopes only where HubSpot granted them.</summary>
    [JsonPropertyName("scopes")]
    public IReadOnlyList<string>? Scopes { get; init; }
}

/// <summary>What introspection tells of a token.</summary>
public sealed record TokenInfo
{
    /// <summary>Whether HubSpot honours the token. Version 1 has no such field: there an answer means yes.</summary>
    [JsonPropertyName("active")]
    public bool Active { get; init; } = true;

    /// <summary>The account (portal).</summary>
    [JsonPropertyName("hub_id")]
    public long? HubId { get; init; }

    /// <summary>What was granted.</summary>
    [JsonPropertyName("scopes")]
    public IReadOnlyList<string>? Scopes { get; init; }
}
