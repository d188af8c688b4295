using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Authorization;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>Gives out a token that is good, unless a test says that there is none.</summary>
internal sealed class StubTokens(TimeProvider time) : IAccessTokens
{
    /// <summary>Thrown instead of giving one, when it is set.</summary>
    public AuthorizationUnavailableException? Missing { get; set; }

    public ValueTask<TokenSet> GetAsync(CancellationToken cancellationToken) => Missing is { } missing ? throw missing : new(new TokenSet
    {
        AccessToken = new("access"),
        RefreshToken = new("refresh"),
        GeneratedAt = time.GetUtcNow(),
        Lifetime = TimeSpan.FromMinutes(30),
    });

    public Task<TokenSet> ReplaceAsync(AccessToken refused, CancellationToken cancellationToken) => throw new NotSupportedException();
}
