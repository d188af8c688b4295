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
    /// <summary>Makes a state, and the secret that only this browser gets.</summary>
    public async Task<(string State, string Secret)> IssueAsync()
    {
        var (state, secret) = (BrowserSecret.Create(), BrowserSecret.Create());
        await redis.GetDatabase().StringSetAsync(KeyOf(state), BrowserSecret.Digest(secret), BrowserSecret.Lifetime);
        return (state, secret);
    }

    /// <summary>Whether the state was issued to this browser and not used before. It is used now.</summary>
    public async Task<bool> RedeemAsync(string? state, string? secret)
    {
        if (string.IsNullOrEmpty(state) || string.IsNullOrEmpty(secret))
            return false;

        var expected = (string?)await redis.GetDatabase().StringGetDeleteAsync(KeyOf(state));
        return expected is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(BrowserSecret.Digest(secret)));
    }

    private static RedisKey KeyOf(string state) => $"hubspot:oauth:state:{BrowserSecret.Digest(state)}";
}
