using System.Threading.Channels;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot;

/// <summary>
/// Tells the parts of this replica that something has changed in Redis: by its pub/sub, which may miss something, so that everybody
/// looks now and then anyway.
/// </summary>
public sealed class StateChanges : IDisposable
{
    /// <summary>After how long one looks without having heard of a change.</summary>
    public static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(5);

    private static readonly RedisChannel Channel = RedisChannel.Literal("hubspot:changed");

    private readonly Lock _gate = new();
    private readonly List<Listener> _listeners = [];
    private readonly IConnectionMultiplexer _redis;
    private readonly TimeProvider _time;

    /// <summary>Listens from now on.</summary>
    public StateChanges(IConnectionMultiplexer redis, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(redis);
        (_redis, _time) = (redis, time);
        _redis.ConnectionFailed += OnConnection;
        _redis.ConnectionRestored += OnConnection;
        _redis.GetSubscriber().Subscribe(Channel, (_, _) => Signal(), CommandFlags.FireAndForget); // Also once Redis is there.
    }

    /// <summary>Lets every replica look at once.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public static Task TellAsync(IConnectionMultiplexer redis)
    {
        ArgumentNullException.ThrowIfNull(redis);
        return redis.GetSubscriber().PublishAsync(Channel, RedisValue.EmptyString);
    }

    /// <summary>Hears of changes from now on.</summary>
    public Listener Listen()
    {
        var listener = new Listener(this);
        lock (_gate)
            _listeners.Add(listener);
        return listener;
    }

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        _redis.ConnectionFailed -= OnConnection;
        _redis.ConnectionRestored -= OnConnection;
    }

    private void OnConnection(object? sender, ConnectionFailedEventArgs e) => Signal();

    private void Signal()
    {
        lock (_gate)
            foreach (var listener in _listeners)
                listener.Signal();
    }

    /// <summary>One part that wants to know. A change between two waits is not missed.</summary>
    public sealed class Listener : IAsyncDisposable
    {
        private readonly Channel<bool> _signals = System.Threading.Channels.Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private readonly StateChanges _changes;

        internal Listener(StateChanges changes) => _changes = changes;

        /// <summary>Waits for a change, but no longer than told.</summary>
        public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
        {
            using var limit = new CancellationTokenSource(atMost, _changes._time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                await _signals.Reader.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Time to look anyway.
            }
        }

        /// <summary>Hears of nothing any more.</summary>
        public ValueTask DisposeAsync()
        {
            lock (_changes._gate)
                _changes._listeners.Remove(this);
            return ValueTask.CompletedTask;
        }

        internal void Signal() => _signals.Writer.TryWrite(true);
    }
}
