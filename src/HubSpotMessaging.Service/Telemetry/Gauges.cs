using System.Diagnostics.Metrics;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.Operators.Status;

namespace HubSpotMessaging.Service.Telemetry;

/// <summary>
/// How things stand, measured. What concerns all replicas, as queues and quota do, each of them tells alike: take the greatest, not the sum. It
/// is looked at now and then, and left out while Redis is away.
/// </summary>
internal sealed class Gauges : BackgroundService
{
    /// <summary>1 while this replica has a living access token, else 0.</summary>
    public const string Authorized = "hubspot.authorization.available";

    /// <summary>1 while this replica reaches RabbitMQ, else 0.</summary>
    public const string BrokerReachable = "hubspot.broker.available";

    /// <summary>How old the access token of this replica is, in seconds; left out without one.</summary>
    public const string TokenAge = "hubspot.token.age";

    /// <summary>1 for each reason for which this replica does not deliver, by <see cref="Metrics.Reason"/> and <see cref="Scope"/>.</summary>
    public const string Pauses = "hubspot.line.pauses";

    /// <summary>How many commands this replica has in hand, by <see cref="Queue"/>.</summary>
    public const string InHand = "hubspot.commands.in_hand";

    /// <summary>For how many seconds the oldest command has been waiting, in its queue or in the hands of this replica, by <see cref="Queue"/>; 0 when none does, left out while that is not known.</summary>
    public const string OldestAge = "hubspot.queue.oldest.age";

    /// <summary>How many commands wait in each <see cref="Queue"/>, other than those that a replica has in hand.</summary>
    public const string QueueLength = "hubspot.queue.length";

    /// <summary>How many dead letters there are, by the <see cref="Queue"/> that they come from.</summary>
    public const string DeadLetters = "hubspot.dead_letters";

    /// <summary>How many requests HubSpot allows in its rolling window.</summary>
    public const string QuotaLimit = "hubspot.quota.limit";

    /// <summary>How many requests of all replicas are in the window at the moment.</summary>
    public const string QuotaUsed = "hubspot.quota.used";

    /// <summary>How many requests others make in a window with the app's tokens, as far as HubSpot's answers tell.</summary>
    public const string QuotaOthers = "hubspot.quota.others";

    /// <summary>The type of command that is paused, or <c>all</c>.</summary>
    public const string Scope = "hubspot.scope";

    /// <summary>The name of a queue.</summary>
    public const string Queue = "hubspot.queue";

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);

    private readonly TokenKeeper _tokens;
    private readonly DeliveryLine _line;
    private readonly CommandsInHand _inHand;
    private readonly StatusReader _reader;
    private readonly TimeProvider _time;
    private CommandFlow? _flow;

    public Gauges(IMeterFactory meters, TokenKeeper tokens, DeliveryLine line, CommandsInHand inHand, StatusReader reader, BrokerHealth broker, TimeProvider time)
    {
        (_tokens, _line, _inHand, _reader, _time) = (tokens, line, inHand, reader, time);
        var meter = meters.Create(Metrics.Name);
        meter.CreateObservableGauge(Authorized, () => _tokens.IsAuthorized ? 1 : 0, description: "Whether there is a living access token.");
        meter.CreateObservableGauge(BrokerReachable, () => broker.IsReachable ? 1 : 0, description: "Whether RabbitMQ can be reached.");
        meter.CreateObservableGauge(TokenAge, () => Known(_tokens.Age?.TotalSeconds), "s", "How old the access token is.");
        meter.CreateObservableGauge(Pauses, () => _line.Reasons.Select(Measure), description: "Reasons for which commands wait.");
        meter.CreateObservableGauge(InHand, () => _inHand.Look().Select(queue => Of(queue.Queue, queue.Count)), "{command}", "Commands that this replica has in hand.");
        meter.CreateObservableGauge(OldestAge, OldestAges, "s", "For how long the oldest command has been waiting.");
        meter.CreateObservableGauge(QueueLength, () => Queues.Select(queue => Of(queue.Name, queue.Waiting)), "{command}", "Commands that wait in their queue.");
        meter.CreateObservableGauge(DeadLetters, () => Queues.Select(queue => Of<long>(queue.Name, queue.DeadLetters)), "{message}", "Dead letters.");
        meter.CreateObservableGauge(QuotaLimit, () => Known(Quota?.Max), "{request}", "Requests that HubSpot allows in its window.");
        meter.CreateObservableGauge(QuotaUsed, () => Known(Quota?.Used), "{request}", "Requests of all replicas in the window.");
        meter.CreateObservableGauge(QuotaOthers, () => Known(Quota?.Others), "{request}", "Requests of others in the window.");
    }

    private IReadOnlyList<QueueStatus> Queues => Volatile.Read(ref _flow)?.Queues ?? [];

    private QuotaStatus? Quota => Volatile.Read(ref _flow)?.Quota;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Volatile.Write(ref _flow, await _reader.ReadFlowAsync());
            }
#pragma warning disable CA1031 // Whatever cannot be looked at, nothing that only measures may end the process.
            catch (Exception)
#pragma warning restore CA1031
            {
                Volatile.Write(ref _flow, null); // What was true before may not be any more.
            }

            await Task.Delay(BetweenLooks, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private IEnumerable<Measurement<double>> OldestAges() =>
        from taken in _inHand.Look()
        join queue in Queues on taken.Queue equals queue.Name
        let waiting = queue.Waiting == 0 ? 0 : queue.OldestSeconds
        where waiting is not null
        select Of(queue.Name, Math.Max(waiting.Value, taken.Oldest.TotalSeconds));

    private static Measurement<T> Of<T>(string queue, T value)
        where T : struct => new(value, new KeyValuePair<string, object?>(Queue, queue));

    private static IEnumerable<Measurement<T>> Known<T>(T? value)
        where T : struct => value is { } known ? [new(known)] : [];

    private static Measurement<int> Measure(PauseReason reason) =>
        new(1, new KeyValuePair<string, object?>(Metrics.Reason, reason.Reason), new KeyValuePair<string, object?>(Scope, reason.Scope ?? "all"));
}
