using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Guard;

/// <summary>
/// The write guard in Redis: one string for each contact, one script for each batch, and the clock of the server, so that it makes no
/// difference on which replica a command arrives.
/// </summary>
public sealed class WriteGuard(IConnectionMultiplexer redis, IOptions<HubSpotOptions> hubSpot, IOptions<DeliveryOptions> delivery) : IWriteGuard
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>What a request may still take after its timeout to be settled, with clocks that run differently and Redis a little late.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private static readonly RedisScript ClaimScript = RedisScript.Beside<WriteGuard>("guard", "claim");
    private static readonly RedisScript RenewScript = RedisScript.Beside<WriteGuard>("guard", "renew");
    private static readonly RedisScript SettleScript = RedisScript.Beside<WriteGuard>("guard", "settle");
    private static readonly RedisScript PeekScript = RedisScript.Beside<WriteGuard>("guard", "peek");

    /// <inheritdoc/>
    public TimeSpan SendWithin => LongestDelay;

    /// <summary>How long a lease lasts: until a request that is sent at the last moment has been answered, or given up, and settled.</summary>
    internal TimeSpan Lease { get; init; } = LongestDelay + hubSpot.Value.RequestTimeout + Grace;

    /// <summary>
    /// How long what may have been written keeps older values waiting. Its own command normally comes back within seconds, or when the
    /// line delivers again; a command that somebody has purged never does.
    /// </summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromDays(1);

    private RedisValue Retention => Milliseconds(delivery.Value.StampRetention);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Claim>> ClaimAsync(string request, IReadOnlyList<GuardedWrite> writes)
    {
        ArgumentNullException.ThrowIfNull(writes);
        if (writes.Count == 0)
            return [];

        var texts = writes.Select(write => new WriteText(write)).ToList();
        var reply = (RedisValue[])(await ClaimScript.RunAsync(
            redis.GetDatabase(),
            [.. writes.Select(write => KeyOf(write.Email))],
            [request, Milliseconds(Lease), Retention, Milliseconds(Patience), .. texts.Select(text => text.Value)]))!;
        return [.. texts.Zip(reply, (text, answer) => text.Read(answer!))];
    }

    /// <inheritdoc/>
    public async Task<bool> RenewAsync(string request, IReadOnlyList<string> emails)
    {
        ArgumentNullException.ThrowIfNull(emails);
        return emails.Count == 0 || (bool)await RenewScript.RunAsync(
            redis.GetDatabase(), [.. emails.Select(KeyOf)], request, Milliseconds(Lease), Retention);
    }

    /// <inheritdoc/>
    public Task SettleAsync(string request, IReadOnlyList<Settlement> settlements, TimeSpan keepLease)
    {
        ArgumentNullException.ThrowIfNull(settlements);
        return settlements.Count == 0 ? Task.CompletedTask : SettleScript.RunAsync(
            redis.GetDatabase(),
            [.. settlements.Select(settlement => KeyOf(settlement.Email))],
            [request, Milliseconds(keepLease), Retention, .. settlements.Select(Outcome)]);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, Standing>>> PeekAsync(IReadOnlyList<GuardedWrite> writes)
    {
        ArgumentNullException.ThrowIfNull(writes);
        if (writes.Count == 0)
            return [];

        var texts = writes.Select(write => new WriteText(write)).ToList();
        var reply = (RedisValue[])(await PeekScript.RunAsync(
            redis.GetDatabase(), [.. writes.Select(write => KeyOf(write.Email))], [.. texts.Select(text => text.Value)]))!;
        return [.. texts.Zip(reply, (text, answer) => text.ReadStandings(answer!))];
    }

    /// <summary>128 bits of a digest: no addresses of people in Redis, and no two people under one key.</summary>
    internal static RedisKey KeyOf(string email)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(email), digest);
        return $"hubspot:contact:{Base64Url.EncodeToString(digest[..16])}";
    }

    private static RedisValue Outcome(Settlement settlement) => settlement switch
    {
        Settlement.Accepted accepted => $"{(accepted.IsNew ? '+' : '=')}{accepted.ContactId}",
        Settlement.Dropped => "D",
        Settlement.Refused => "R",
        Settlement.Unknown => "U",
        _ => throw new ArgumentOutOfRangeException(nameof(settlement)),
    };

    private static RedisValue Milliseconds(TimeSpan span) => (long)Math.Ceiling(span.TotalMilliseconds);
}
