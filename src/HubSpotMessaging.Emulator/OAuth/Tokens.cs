namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>What a customer's consent allows; every token of the consent shares it.</summary>
internal sealed record Grant(long PortalId, IReadOnlyList<string> Scopes)
{
    /// <summary>The person who connects apps is the same everywhere.</summary>
    public const long UserId = 222222;
}

internal sealed record AuthorizationCode(string Value, Grant Grant, string RedirectUri, string? CodeChallenge, DateTimeOffset ExpiresAt);

internal sealed record AccessToken(string Value, Grant Grant, DateTimeOffset ExpiresAt);
