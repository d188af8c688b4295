using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.HubSpot.Quota;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Outages;

/// <summary>
/// Notices over all replicas that HubSpot is down, one circuit for each kind of call: it opens when a row of failures is not interrupted
/// by any answer, and the line pauses for the commands that need that kind.
/// </summary>
internal sealed class Circuit(IConnectionMultiplexer redis, LineStore lines, TimeProvider time)
{
    /// <summary>A row of fewer may be chance.</summary>
    private const int Failures = 5;

    /// <summary>Requests that fail together are one failure.</summary>
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan RowEndsAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan OpeningCountsFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstProbe = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LatestProbe = TimeSpan.FromMinutes(1);

    private static readonly RedisScript Script = RedisScript.Beside<Circuit>("circuit");

    private IDatabase Database => redis.GetDatabase();

    /// <summary>HubSpot has answered.</summary>
    public void Close(CallKind kind) => Database.KeyDelete(KeyOf(kind), CommandFlags.FireAndForget);

    /// <summary>HubSpot has failed. Tells whether the line pauses now.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<bool> FailAsync(CallKind kind)
    {
        var openings = (long)await Script.RunAsync(
            Database,
            [KeyOf(kind), $"{KeyOf(kind)}:openings"],
            Failures,
            (long)Duration.TotalMilliseconds,
            (long)RowEndsAfter.TotalMilliseconds,
            (long)OpeningCountsFor.TotalMilliseconds);
        if (openings == 0)
            return false;

        // The oftener the probe was wrong, the later is the next.
        var wait = FirstProbe * Math.Pow(2, Math.Min(openings - 1, 10));
        foreach (var command in CallKinds.CommandsThatNeed(kind))
            await lines.PauseAsync(OutageReasons.Unavailable(kind, command) with { Until = time.GetUtcNow() + (wait < LatestProbe ? wait : LatestProbe) });
        return true;
    }

    private static string KeyOf(CallKind kind) => $"hubspot:circuit:{kind}";
}
