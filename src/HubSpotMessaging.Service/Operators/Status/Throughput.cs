using System.Collections.Concurrent;
using System.Globalization;
using HubSpotMessaging.Contracts;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.Operators.Status;

/// <summary>
/// What goes through the queues, over all replicas: how commands have ended in each minute, and when those were sent that ended last. No command waits for that: each replica counts in memory and writes once a second. A second that is lost does no harm.
/// </summary>
internal sealed partial class Throughput(IConnectionMultiplexer redis, TimeProvider time, ILogger<Throughput> logger) : BackgroundService
{
    /// <summary>How many minutes are told of.</summary>
    public const int Minutes = 60;

    private const string EndedKey = "hubspot:queues:ended";
    private const string MinuteKey = "hubspot:outcomes:";

    private static readonly TimeSpan MinutesAreKept = TimeSpan.FromHours(2);
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _ended = new(StringComparer.Ordinal);
    private long _succeeded;
    private long _superseded;
    private long _rejected;

    /// <summary>A command has ended.</summary>
    /// <param name="outcome">How.</param>
    /// <param name="queue">Where it waited.</param>
    /// <param name="sentAt">When it was sent, if that is known: what still waits there was sent later.</param>
    public void Count(ICommandOutcome outcome, Uri queue, DateTimeOffset? sentAt)
    {
        if (outcome is CommandRejected)
            Interlocked.Increment(ref _rejected);
        else if (outcome is ContactSynced { Result: ContactSyncResult.Superseded })
            Interlocked.Increment(ref _superseded);
        else
            Interlocked.Increment(ref _succeeded);

        if (sentAt is { } moment)
            _ended.AddOrUpdate(queue.Segments[^1], static (_, moment) => moment, static (_, other, moment) => moment < other ? moment : other, moment);
    }

    /// <summary>How commands have ended in the last minutes, the oldest first.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<IReadOnlyList<MinuteOfOutcomes>> OutcomesAsync()
    {
        var last = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        return await Task.WhenAll(Enumerable.Range(1 - Minutes, Minutes).Select(async back =>
        {
            var counts = await redis.GetDatabase().HashGetAsync(KeyOf(last + back), ["succeeded", "superseded", "rejected"]);
            return new MinuteOfOutcomes(DateTimeOffset.FromUnixTimeSeconds((last + back) * 60), (long)counts[0], (long)counts[1], (long)counts[2]);
        }));
    }

    /// <summary>When those commands were sent that ended last, for each queue of which that is known.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> EndedAsync() => (await redis.GetDatabase().HashGetAllAsync(EndedKey))
        .ToDictionary(entry => (string)entry.Name!, entry => DateTimeOffset.FromUnixTimeMilliseconds((long)entry.Value), StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isFailing = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(BetweenWrites, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await WriteAsync();
                isFailing = false;
            }
            catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
            {
                if (!isFailing)
                    LogFailed(exception.GetType().Name);
                isFailing = true;
            }
        }
    }

    private async Task WriteAsync()
    {
        var batch = redis.GetDatabase().CreateBatch();
        var writes = new List<Task>();
        var minute = KeyOf(time.GetUtcNow().ToUnixTimeSeconds() / 60);
        foreach (var (name, count) in ((string, long)[])
        [
            ("succeeded", Interlocked.Exchange(ref _succeeded, 0)), ("superseded", Interlocked.Exchange(ref _superseded, 0)), ("rejected", Interlocked.Exchange(ref _rejected, 0)),
        ])
        {
            if (count > 0)
                writes.Add(batch.HashIncrementAsync(minute, name, count));
        }

        if (writes.Count > 0)
            writes.Add(batch.KeyExpireAsync(minute, MinutesAreKept));
        foreach (var queue in _ended.Keys)
            if (_ended.TryRemove(queue, out var moment))
                writes.Add(batch.HashSetAsync(EndedKey, queue, moment.ToUnixTimeMilliseconds()));

        batch.Execute();
        await Task.WhenAll(writes);
    }

    private static RedisKey KeyOf(long minute) => string.Create(CultureInfo.InvariantCulture, $"{MinuteKey}{minute}");

    [LoggerMessage(LogLevel.Information, "What goes through the queues is not counted at the moment: {Exception}")]
    private partial void LogFailed(string exception);
}

/// <summary>How commands have ended in one minute.</summary>
/// <param name="Minute">When it began.</param>
/// <param name="Succeeded">How many did their work.</param>
/// <param name="Superseded">How many had nothing to do, since HubSpot had something newer of all that they say.</param>
/// <param name="Rejected">How many became dead letters.</param>
internal sealed record MinuteOfOutcomes(DateTimeOffset Minute, long Succeeded, long Superseded, long Rejected);
