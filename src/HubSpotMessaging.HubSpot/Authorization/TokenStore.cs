using System.Globalization;
using System.Security.Cryptography;
using HubSpotMessaging.HubSpot.Line;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// The tokens in Redis, under the four keys that other readers know, always written together; and beside them what only we need to
/// know. Each change takes the line and the announcements with it, in one script.
/// </summary>
public sealed class TokenStore(IConnectionMultiplexer redis, TokenEncryption encryption)
{
    /// <summary>The access token.</summary>
    public const string AccessTokenKey = "hs_access_token";

    /// <summary>The refresh token.</summary>
    public const string RefreshTokenKey = "hs_refresh_token";

    /// <summary>The access token's lifetime in seconds, as HubSpot's <c>expires_in</c> said.</summary>
    public const string LifetimeKey = "hs_access_token_expiry";

    /// <summary>When the access token was issued, in Unix seconds.</summary>
    public const string GenerationTimeKey = "hs_access_token_generation_time";

    internal const string KnowledgeKey = "hubspot:authorization";
    internal const string LeaseKey = "hubspot:authorization:refreshing";
    internal const string AttemptsKey = "hubspot:authorization:attempts";
    internal const string PauseKey = "hubspot:authorization:not-now";

    private static readonly RedisKey[] Keys =
    [
        AccessTokenKey, RefreshTokenKey, LifetimeKey, GenerationTimeKey, KnowledgeKey, LeaseKey, AttemptsKey, PauseKey,
        LineStore.Key, Outbox.Key,
    ];

    private static readonly RedisScript ReadScript = Script("read");
    private static readonly RedisScript BeginScript = Script("begin");
    private static readonly RedisScript SettleScript = Script("settle");
    private static readonly RedisScript WriteScript = Script("write");
    private static readonly RedisScript LoseScript = Script("lose");

    /// <summary>Why everything waits while a person is needed.</summary>
    public static PauseReason NoAuthorization { get; } = new("authorization", "Authorization");

    private IDatabase Database => redis.GetDatabase();

    /// <summary>What is stored. <see cref="StoredAuthorization.Tokens"/> is null while nobody has authorized.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<StoredAuthorization> ReadAsync()
    {
        var reply = (RedisValue[])(await ReadScript.RunAsync(Database, Keys))!;
        var raw = (Access: OrEmpty(reply[0]), Refresh: OrEmpty(reply[1]));
        var isByHand = !raw.Refresh.IsNullOrEmpty && (string?)reply[6] != FingerprintOf(raw.Access, raw.Refresh);
        var (access, refresh) = (encryption.Decrypt((string)raw.Access!), encryption.Decrypt((string)raw.Refresh!));
        var portal = (long?)reply[7];
        var loss = Enum.TryParse<AuthorizationLoss>(reply[9], out var reason) ? reason : (AuthorizationLoss?)null;
        return new()
        {
            Raw = raw,
            RawLoss = (string?)reply[9] ?? "",
            Generation = (long?)reply[4] ?? 0,
            Grant = Grant.Parse((string?)reply[5]),
            PortalId = portal,
            IsByHand = isByHand,
            IsUnreadable = !raw.Refresh.IsNullOrEmpty && (access is null || refresh is null),

            // A loss is about one refresh token: another one, put there by hand, deserves a try.
            Loss = (string?)reply[10] == FingerprintOf(raw.Refresh) ? loss : null,
            Tokens = access is null || string.IsNullOrEmpty(refresh) ? null : new()
            {
                AccessToken = new(access),
                RefreshToken = new(refresh),
                Lifetime = TimeSpan.FromSeconds(Number(reply[2])),
                GeneratedAt = DateTimeOffset.FromUnixTimeSeconds(Number(reply[3])),
                Generation = isByHand ? 0 : (long?)reply[4] ?? 0,
                PortalId = isByHand ? null : portal,
                Scopes = isByHand || reply[11].IsNullOrEmpty ? null : (string?)reply[11],
                Grant = isByHand ? null : Grant.Parse((string?)reply[5]),
                Origin = !isByHand && Enum.TryParse<TokenOrigin>(reply[8], out var origin) ? origin : TokenOrigin.Due,
            },
        };
    }

    /// <summary>Begins to replace what was read, unless somebody else is at it.</summary>
    /// <param name="attempt">Names this attempt.</param>
    /// <param name="read">What is to be replaced.</param>
    /// <param name="lease">For how long nobody else may try.</param>
    /// <param name="hope">After how long nothing can come of this attempt any more, even if whoever made it was held up.</param>
    /// <exception cref="RedisException">Redis cannot be reached, or does not take writes: then no answer could be stored.</exception>
    /// <exception cref="CryptographicException">The tokens could not be encrypted.</exception>
    internal async Task<Beginning> BeginAsync(string attempt, StoredAuthorization read, TimeSpan lease, TimeSpan hope)
    {
        encryption.Encrypt("try"); // As little as without Redis could the answer be stored without the key.
        var reply = (RedisValue[])(await BeginScript.RunAsync(
            Database, Keys, attempt, read.Raw.Access, read.Raw.Refresh, read.RawLoss, Milliseconds(lease), Milliseconds(hope)))!;
        return (string?)reply[0] switch
        {
            "begun" => new Beginning.Begun(),
            "taken" => new Beginning.Taken(),
            "paused" => new Beginning.Paused(TimeSpan.FromMilliseconds((long)reply[1])),
            _ => new Beginning.Changed(),
        };
    }

    /// <summary>Ends an attempt that brought nothing, and keeps everybody from the next one for a while.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal Task SettleAsync(string attempt, TimeSpan pause) => SettleScript.RunAsync(Database, Keys, attempt, Milliseconds(pause));

    /// <summary>Stores what a person granted, whatever was there before. Tells whether it is stored.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="isPinned">Whether another account than the first one is refused.</param>
    /// <param name="announcement">What to announce.</param>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal Task<bool> GrantAsync(TokenSet tokens, bool isPinned, Announcement announcement) =>
        WriteAsync(tokens, isPinned ? "pinned" : "always", new(), "", announcement);

    /// <summary>
    /// Stores what a refresh brought, unless the stored refresh token is not its parent any more: then somebody else's pair is newer,
    /// or Redis older than it should be. Ends the attempt. Tells whether it is stored.
    /// </summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal Task<bool> ReplaceAsync(StoredAuthorization parent, TokenSet tokens, string attempt, Announcement announcement) =>
        WriteAsync(tokens, "parent", parent, attempt, announcement);

    /// <summary>Makes tokens ours that stand there already, or writes them in place of what was read. Tells whether that was still there.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal Task<bool> PutAsync(StoredAuthorization read, TokenSet tokens, string attempt = "", Announcement? announcement = null) =>
        WriteAsync(tokens, "same", read, attempt, announcement);

    /// <summary>Records that a person is needed, and pauses the line; once over all replicas.</summary>
    /// <param name="loss">Why.</param>
    /// <param name="read">What was read: tokens that have come since are not lost.</param>
    /// <param name="attempt">The attempt that found out, if an attempt of somebody else might know better.</param>
    /// <param name="forget">Whether to delete the tokens.</param>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal async Task<Losing> LoseAsync(AuthorizationLoss loss, StoredAuthorization read, string attempt = "", bool forget = false)
    {
        var reply = (RedisValue[])(await LoseScript.RunAsync(
            Database,
            Keys,
            loss.ToString(),
            read.Raw.Access,
            read.Raw.Refresh,
            FingerprintOf(read.Raw.Refresh),
            attempt,
            forget ? "forget" : "",
            new AuthorizationMissing(loss, read.Tokens?.PortalId ?? read.PortalId).ToText(),
            NoAuthorization.Field,
            LineStore.ValueOf(NoAuthorization),
            new LinePaused(NoAuthorization).ToText()))!;
        return (string?)reply[0] switch
        {
            "lost" => new Losing.Lost(),
            "doubtful" => new Losing.Doubtful(TimeSpan.FromMilliseconds((long)reply[1])),
            _ => new Losing.Changed(),
        };
    }

    private async Task<bool> WriteAsync(TokenSet tokens, string condition, StoredAuthorization read, string attempt, Announcement? announcement)
    {
        RedisValue access = encryption.Encrypt(tokens.AccessToken.Value);
        RedisValue refresh = encryption.Encrypt(tokens.RefreshToken.Value);
        if (tokens.RefreshToken == read.Tokens?.RefreshToken && encryption.IsAsItShouldBe((string)read.Raw.Refresh!))
            refresh = read.Raw.Refresh; // Encrypted anew it would look like another one.

        return (long)await WriteScript.RunAsync(
            Database,
            Keys,
            access,
            refresh,
            (long)tokens.Lifetime.TotalSeconds,
            tokens.GeneratedAt.ToUnixTimeSeconds(),
            tokens.Generation,
            tokens.Grant?.ToString() ?? "",
            FingerprintOf(access, refresh),
            tokens.PortalId?.ToString(CultureInfo.InvariantCulture) ?? "",
            tokens.Origin.ToString(),
            condition,
            OrEmpty(read.Raw.Access),
            OrEmpty(read.Raw.Refresh),
            read.Generation,
            attempt,
            announcement?.ToText() ?? "",
            NoAuthorization.Field,
            tokens.Scopes ?? "") == 1;
    }

    private static RedisScript Script(string name) =>
        RedisScript.Beside<TokenStore>("authorization", name).After(RedisScript.Beside<LineStore>("line"));

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;

    /// <summary>What somebody wrote by hand may be anything; what is no number counts as long expired.</summary>
    private static long Number(RedisValue value) =>
        long.TryParse((string?)value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number is >= 0 and < 100_000_000_000 ? number : 0;

    private static RedisValue OrEmpty(RedisValue value) => value.IsNull ? RedisValue.EmptyString : value;

    private static string FingerprintOf(RedisValue refresh) => refresh.IsNullOrEmpty ? "" : Fingerprint((byte[])refresh!);

    private static string FingerprintOf(RedisValue access, RedisValue refresh) => Fingerprint([.. (byte[])access!, (byte)'\n', .. (byte[])refresh!]);

    private static string Fingerprint(byte[] secret) => Convert.ToHexStringLower(SHA256.HashData(secret));
}

/// <summary>Whether one may replace the tokens.</summary>
internal abstract record Beginning
{
    /// <summary>Yes, and nobody else for now.</summary>
    public sealed record Begun : Beginning;

    /// <summary>There are other tokens already.</summary>
    public sealed record Changed : Beginning;

    /// <summary>Somebody else is at it.</summary>
    public sealed record Taken : Beginning;

    /// <summary>Not before the token endpoint may be asked again.</summary>
    public sealed record Paused(TimeSpan For) : Beginning;
}

/// <summary>Whether the authorization is lost.</summary>
internal abstract record Losing
{
    /// <summary>Yes, and it is recorded.</summary>
    public sealed record Lost : Losing;

    /// <summary>No: other tokens have come meanwhile.</summary>
    public sealed record Changed : Losing;

    /// <summary>It cannot be told yet: somebody else's attempt may have brought the living tokens, and be held up.</summary>
    public sealed record Doubtful(TimeSpan For) : Losing;
}
