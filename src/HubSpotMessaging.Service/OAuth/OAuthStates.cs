using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>
/// Ties the end of an OAuth flow to its beginning: a <c>state</c> works once, for ten minutes, in the browser that began, at any
/// replica.
/// </summary>
internal sealed class OAuthStates(IConnectionMultiplexer redis)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Makes a state, and the secret that only this browser gets.</summary>
    public async Task<(string State, string BrowserSecret)> IssueAsync()
    {
        var (state, secret) = (Random(), Random());
        await redis.GetDatabase().StringSetAsync(KeyOf(state), Digest(secret), Lifetime);
        return (state, secret);
    }

    /// <summary>Whether the state was issued to this browser and not used before. It is used now.</summary>
    public async Task<bool> RedeemAsync(string? state, string? browserSecret)
    {
        if (string.IsNullOrEmpty(state) || string.IsNullOrEmpty(browserSecret))
            return false;

        var expected = (string?)await redis.GetDatabase().StringGetDeleteAsync(KeyOf(state));
        return expected is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(Digest(browserSecret)));
    }

    private static RedisKey KeyOf(string state) => $"hubspot:oauth:state:{Digest(state)}";

    private static string Random() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
