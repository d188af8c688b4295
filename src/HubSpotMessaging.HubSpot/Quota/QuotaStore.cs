using System.Globalization;
using HubSpotMessaging.HubSpot.Delivery;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>The account's window in Redis, as one replica sees it. All moments are those of the server's clock.</summary>
public sealed class QuotaStore(IConnectionMultiplexer redis, IOptions<HubSpotOptions> options, IOptions<DeliveryOptions> delivery)
{
    /// <summary>How long after its grant a request may be sent.</summary>
    internal static readonly TimeSpan SendWithin = TimeSpan.FromSeconds(5);

    internal const string StateKey = "hubspot:quota";
    internal const string SlotsKey = "hubspot:quota:slots";
    internal const string SentKey = "hubspot:quota:sent";
    internal const string ReplicasKey = "hubspot:quota:replicas";
    internal const string InteractiveKey = "hubspot:quota:interactive";
    internal const string BulkKey = "hubspot:quota:bulk";

    /// <summary>How long a request that got no answer may still be on its way.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private static readonly RedisChannel Free = RedisChannel.Literal("hubspot:quota:free");
    private static readonly RedisKey[] Keys = [StateKey, SlotsKey, SentKey, ReplicasKey, InteractiveKey, BulkKey];
    private static readonly RedisScript AcquireScript = RedisScript.Beside<QuotaStore>("quota", "acquire");
    private static readonly RedisScript LookScript = RedisScript.Beside<QuotaStore>("quota", "look");
    private static readonly RedisScript FinishScript = RedisScript.Beside<QuotaStore>("quota", "finish");

    private readonly string _replica = Guid.NewGuid().ToString("N");
    private long _seen;

    private IDatabase Database => redis.GetDatabase();

    /// <summary>How the window stands; null before anything is known of it.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<QuotaUse?> ReadAsync()
    {
        var reply = (RedisValue[])(await LookScript.RunAsync(Database, Keys))!;
        return reply.Length == 0 ? null : new((int)reply[0], TimeSpan.FromMilliseconds((long)reply[1]), (int)reply[2], (int)reply[3], (int)reply[4]);
    }

    /// <summary>Asks for a slot, and queues this replica up in the lanes while there is none; in no lane, it leaves the queue.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal async Task<SlotReply> AcquireAsync(string slot, IReadOnlyCollection<Lane> lanes, bool isFull)
    {
        var reply = (RedisValue[])(await AcquireScript.RunAsync(
            Database,
            Keys,
            _replica,
            slot,
            string.Join(' ', lanes.Select(NameOf)),
            isFull ? "1" : "0",
            Milliseconds(options.Value.RequestTimeout + SendWithin),
            Interlocked.Read(ref _seen),
            delivery.Value.BulkShare.ToString(CultureInfo.InvariantCulture)))!;
        See((long)reply[2]);
        return (string?)reply[0] switch
        {
            "granted" => new SlotReply.Granted((string?)reply[1] == NameOf(Lane.Bulk) ? Lane.Bulk : Lane.Interactive),
            "wait" => new SlotReply.Wait(TimeSpan.FromMilliseconds(Math.Ceiling((double)reply[1]))), // Never a moment too early.
            _ => new SlotReply.Left(),
        };
    }

    /// <summary>Ends a slot, and learns from what HubSpot answered.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal async Task FinishAsync(string slot, SlotEnd end) => See((long)await FinishScript.RunAsync(
        Database,
        Keys,
        slot,
        end.Use switch
        {
            SlotUse.Answered => "answered",
            SlotUse.Unanswered => "unanswered",
            SlotUse.Refused => "refused",
            _ => "unsent",
        },
        Milliseconds(end.Took),
        Milliseconds(Grace),
        end.Limit is { } limit ? limit.Max : "",
        end.Limit is { } of ? Milliseconds(of.Window) : "",
        end is { Limit: not null, Remaining: { } remaining } ? remaining : "",
        end.Hold is { } hold ? Milliseconds(hold) : "",
        end.IsFull ? "1" : "0",
        Interlocked.Read(ref _seen)));

    /// <summary>Calls whenever this replica should ask again before it was told to; until it is disposed.</summary>
    internal IDisposable Subscribe(Action wake)
    {
        var subscription = new Subscription(redis.GetSubscriber(), message =>
        {
            if (message == "*" || message == _replica)
                wake();
        });
        return subscription;
    }

    private static string NameOf(Lane lane) => lane == Lane.Bulk ? "bulk" : "interactive";

    private static RedisValue Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture);

    private void See(long grants)
    {
        for (var seen = Interlocked.Read(ref _seen); grants > seen;)
            seen = Interlocked.CompareExchange(ref _seen, grants, seen);
    }

    private sealed class Subscription : IDisposable
    {
        private readonly ISubscriber _subscriber;
        private readonly Action<RedisChannel, RedisValue> _handler;

        public Subscription(ISubscriber subscriber, Action<string> heard)
        {
            _subscriber = subscriber;
            _handler = (_, message) => heard(message!);
            _subscriber.Subscribe(Free, _handler, CommandFlags.FireAndForget); // Also once Redis is there.
        }

        public void Dispose() => _subscriber.Unsubscribe(Free, _handler, CommandFlags.FireAndForget);
    }
}

/// <summary>How the account's rolling window of requests stands.</summary>
/// <param name="Max">How many requests HubSpot allows in it.</param>
/// <param name="Window">How long it is.</param>
/// <param name="Used">How many of them the replicas have at the moment, under way or not yet out of the window.</param>
/// <param name="Others">How many others use with this app's tokens, as far as HubSpot's answers tell.</param>
/// <param name="Limit">How many others leave to the replicas, with a distance.</param>
public sealed record QuotaUse(int Max, TimeSpan Window, int Used, int Others, int Limit);

/// <summary>The answer to somebody who asks for a slot.</summary>
internal abstract record SlotReply
{
    private SlotReply()
    {
    }

    /// <summary>The slot is taken, for this lane. This replica waits in it no more.</summary>
    public sealed record Granted(Lane Lane) : SlotReply;

    /// <summary>Ask again after so long.</summary>
    public sealed record Wait(TimeSpan Time) : SlotReply;

    /// <summary>This replica waits in no lane.</summary>
    public sealed record Left : SlotReply;
}
