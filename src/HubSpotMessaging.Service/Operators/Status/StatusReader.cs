using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.DeadLetters;
using HubSpotMessaging.Service.OAuth;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.Operators.Status;

/// <summary>Looks how everything stands, over all replicas.</summary>
internal sealed class StatusReader(
    ConnectionReader connections,
    LineStore line,
    QuotaStore quotas,
    Throughput throughput,
    QueueDepths depths,
    DeadLetterIndex index,
    ReaderLease reader,
    BrokerHealth broker,
    TimeProvider time)
{
    /// <summary>For how long many who look see the same.</summary>
    private static readonly TimeSpan SharedFor = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private Task<OperatorStatus>? _shared;
    private long _sharedSince;

    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<OperatorStatus> ReadAsync()
    {
        var now = time.GetUtcNow();
        var connection = connections.ReadAsync(CancellationToken.None);
        var (flow, outcomes, deadLetters, isRead) = (ReadFlowAsync(), throughput.OutcomesAsync(), index.CountAsync(), reader.IsTakenAsync());
        await Task.WhenAll(connection, flow, outcomes, deadLetters, isRead);

        var (reasons, queues, quota) = await flow;
        var reachesBroker = broker.IsReachable;
        return new(
            now,
            Of(await connection),
            reasons.Count == 0 && reachesBroker,
            reachesBroker,
            reasons,
            queues,
            quota,
            await outcomes,
            await deadLetters,
            await isRead);
    }

    /// <summary>How commands flow: why they wait, where, and what HubSpot allows.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<CommandFlow> ReadFlowAsync()
    {
        var now = time.GetUtcNow();
        var (reasons, quota, queues, ended) = (line.ReadAsync(), quotas.ReadAsync(), depths.ReadAsync(), throughput.EndedAsync());
        await Task.WhenAll(reasons, quota, queues, ended);
        return new(
            await reasons,
            Of(await queues, await ended, await reasons, await quota, now),
            await quota is { } known ? new(known.Max, known.Window.TotalSeconds, known.Used, known.Others) : null);
    }

    /// <summary>The same for whoever follows it: many of them look once.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task<OperatorStatus> ReadSharedAsync()
    {
        lock (_gate)
        {
            if (_shared is null || time.GetElapsedTime(_sharedSince) >= SharedFor)
                (_shared, _sharedSince) = (ReadAsync(), time.GetTimestamp());
            return _shared;
        }
    }

    private static ConnectionStatus Of(Connection connection) => new(
        connection.GetType().Name,
        connection.Title,
        connection.Sentence,
        (connection as Connection.Connected)?.PortalId,
        connection.WantsConnecting,
        connection.Tokens?.Scopes?.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        connection.Tokens?.GeneratedAt,
        connection.Tokens?.ExpiresAt);

    private static IReadOnlyList<QueueStatus> Of(
        IReadOnlyList<QueueDepth> queues, IReadOnlyDictionary<string, DateTimeOffset> ended, IReadOnlyList<PauseReason> reasons, QuotaUse? quota, DateTimeOffset now)
    {
        var consumed = queues.Where(queue => !reasons.Any(reason => reason.Scope is null || reason.Scope == CommandQueues.CommandOf(queue.Name)));
        var drain = quota is null ? new Dictionary<string, TimeSpan>(StringComparer.Ordinal) : DrainTime.Of([.. consumed.Select(queue => (queue.Name, queue.Waiting))], quota);
        return
        [
            .. queues.Select(queue => new QueueStatus(
                queue.Name,
                queue.Waiting,
                queue.DeadLetters,
                queue.Waiting == 0 ? null : Age(queue.EmptyAt, ended.TryGetValue(queue.Name, out var sent) ? sent : null, now),
                drain.TryGetValue(queue.Name, out var time) ? Tenths(time) : null)),
        ];
    }

    /// <summary>
    /// Nothing in the queue is older than since it was last empty, nor than what has ended of it last. The later of the two tells more.
    /// </summary>
    private static double? Age(DateTimeOffset? emptyAt, DateTimeOffset? ended, DateTimeOffset now) =>
        emptyAt is null && ended is null ? null : Tenths(now - (emptyAt > ended || ended is null ? emptyAt!.Value : ended.Value));

    private static double Tenths(TimeSpan time) => Math.Max(0, Math.Ceiling(time.TotalSeconds * 10) / 10);
}
