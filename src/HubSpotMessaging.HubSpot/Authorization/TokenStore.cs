using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HubSpotMessaging.HubSpot.Api.OAuth;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// The tokens in Redis, under the four keys that other readers know, as plain strings, always written together; and beside them
/// what only we need to know.
/// </summary>
public sealed class TokenStore(IConnectionMultiplexer redis)
{
    /// <summary>The access token.</summary>
    public const string AccessTokenKey = "hs_access_token";

    /// <summary>The refresh token.</summary>
    public const string RefreshTokenKey = "hs_refresh_token";

    /// <summary>The access token's lifetime in seconds, as HubSpot's <c>expires_in</c> said.</summary>
    public const string LifetimeKey = "hs_access_token_expiry";

    /// <summary>When the access token was issued, in Unix seconds.</summary>
    public const string GenerationTimeKey = "hs_access_token_generation_time";

    private const string KnowledgeKey = "hubspot:authorization";
    private const string LeaseKey = "hubspot:authorization:refreshing";

    private static readonly RedisScript ReadScript = RedisScript.Beside<TokenStore>("read");
    private static readonly RedisScript WriteScript = RedisScript.Beside<TokenStore>("write");
    private static readonly RedisScript LoseScript = RedisScript.Beside<TokenStore>("lose");
    private static readonly RedisScript ReleaseScript = RedisScript.Beside<TokenStore>("release");
    private static readonly RedisKey[] AllKeys = [AccessTokenKey, RefreshTokenKey, LifetimeKey, GenerationTimeKey, KnowledgeKey];

    private IDatabase Database => redis.GetDatabase();

    /// <summary>What is stored. <see cref="StoredAuthorization.Tokens"/> is null while nobody has authorized.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<StoredAuthorization> ReadAsync()
    {
        var reply = (RedisValue[])(await ReadScript.RunAsync(Database, AllKeys))!;
        var (refresh, generation, portal) = ((string?)reply[1], (long?)reply[4], (long?)reply[5]);
        var loss = Enum.TryParse<AuthorizationLoss>(reply[6], out var reason) ? reason : (AuthorizationLoss?)null;

        // A refusal is about one refresh token: another one, put there by hand, deserves a try.
        if (!string.IsNullOrEmpty(refresh) && reply[7] != Fingerprint(refresh))
            loss = null;

        var tokens = string.IsNullOrEmpty(refresh) ? null : new TokenSet
        {
            AccessToken = new((string?)reply[0] ?? ""),
            RefreshToken = new(refresh),
            Lifetime = TimeSpan.FromSeconds(Number(reply[2])),
            GeneratedAt = DateTimeOffset.FromUnixTimeSeconds(Number(reply[3])),
            Generation = generation ?? 0,
            PortalId = portal,
        };
        return new(tokens, portal, loss);
    }

    /// <summary>Stores what a person granted, whatever was there before. Returns the pair with its generation.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<TokenSet> GrantAsync(TokenSet tokens) =>
        tokens with { Generation = await WriteAsync(tokens, parent: "") };

    /// <summary>
    /// Stores what a refresh brought, unless the stored refresh token is not the one that was refreshed any more: then somebody
    /// else's pair is newer. Returns the pair with its generation, or null when it was refused.
    /// </summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<TokenSet?> ReplaceAsync(RefreshToken parent, TokenSet tokens)
    {
        var generation = await WriteAsync(tokens, parent.Value);
        return generation < 0 ? null : tokens with { Generation = generation };
    }

    /// <summary>Records that a person is needed. Returns whether that is news, which it is once over all replicas.</summary>
    /// <param name="loss">Why.</param>
    /// <param name="refused">The refresh token that HubSpot refused; null when there is none.</param>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<bool> LoseAsync(AuthorizationLoss loss, RefreshToken? refused)
    {
        RedisValue fingerprint = refused is { } token ? Fingerprint(token.Value) : "";
        var reply = await LoseScript.RunAsync(
            Database, [RefreshTokenKey, KnowledgeKey], loss.ToString(), refused?.Value ?? "", fingerprint);
        return (long)reply == 1;
    }

    /// <summary>Takes the right to refresh, which one owner has at a time over all replicas. It ends by itself.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task<bool> TryLeaseAsync(string owner, TimeSpan duration) =>
        Database.StringSetAsync(LeaseKey, owner, duration, When.NotExists);

    /// <summary>Gives the right to refresh back, if it is still the owner's.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task ReleaseAsync(string owner) => ReleaseScript.RunAsync(Database, [LeaseKey], owner);

    private async Task<long> WriteAsync(TokenSet tokens, string parent) => (long)await WriteScript.RunAsync(
        Database,
        AllKeys,
        tokens.AccessToken.Value,
        tokens.RefreshToken.Value,
        (long)tokens.Lifetime.TotalSeconds,
        tokens.GeneratedAt.ToUnixTimeSeconds(),
        tokens.PortalId?.ToString(CultureInfo.InvariantCulture) ?? "",
        parent);

    /// <summary>What somebody wrote by hand may be anything; what is no number counts as long expired.</summary>
    private static long Number(RedisValue value) =>
        long.TryParse((string?)value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number is >= 0 and < 100_000_000_000 ? number : 0;

    private static string Fingerprint(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}

/// <summary>What Redis knows of the authorization.</summary>
/// <param name="Tokens">The tokens; null while nobody has authorized.</param>
/// <param name="PortalId">The account (portal) that was connected, as far as it is known.</param>
/// <param name="Loss">Why a person is needed; null when none is.</param>
public sealed record StoredAuthorization(TokenSet? Tokens, long? PortalId, AuthorizationLoss? Loss);
