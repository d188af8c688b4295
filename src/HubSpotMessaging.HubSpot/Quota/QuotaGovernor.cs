using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>
/// Shares out among those who wait in this replica what it gets of the account's quota. One of them at a time is asked for in Redis, for
/// all; while nobody waits, nothing runs.
/// </summary>
public sealed partial class QuotaGovernor : IQuota, ISlots, IAsyncDisposable
{
    private static readonly TimeSpan LeavingMayTake = TimeSpan.FromSeconds(2);

    /// <summary>More that wait, be each of them a single call, are as much as full batches: no trickle.</summary>
    private const int LoneCalls = 10;

    private readonly Lock _gate = new();
    private readonly LaneQueue<Waiter>[] _lanes = [.. Enum.GetValues<Lane>().Select(_ => new LaneQueue<Waiter>())];
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Queue<string> _owed = new();
    private readonly QuotaStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<QuotaGovernor> _logger;
    private readonly IDisposable _subscription;
    private Task? _asking;
    private bool _isDisposed;

    /// <summary>One for each replica.</summary>
    public QuotaGovernor(QuotaStore store, TimeProvider time, ILogger<QuotaGovernor> logger)
    {
        ArgumentNullException.ThrowIfNull(store);
        (_store, _time, _logger) = (store, time, logger);
        _subscription = store.Subscribe(Look);
    }

    /// <inheritdoc/>
    public async Task<Permit> AcquireAsync(Demand demand, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(demand);
        cancellationToken.ThrowIfCancellationRequested();

        var waiter = new Waiter(demand, cancellationToken);
        LinkedListNode<Waiter> place;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_lanes[(int)demand.Lane].IsEmpty)
                Look();
            place = _lanes[(int)demand.Lane].Add(demand.Kind, waiter);
            if (_asking is null)
                using (ExecutionContext.SuppressFlow()) // It asks for others, too.
                    _asking = Task.Run(AskAsync, CancellationToken.None);
        }

        await using var cancellation = cancellationToken.UnsafeRegister(_ => Cancel(place), null);
        return await waiter.Granted.Task;
    }

    /// <inheritdoc/>
    public Task ReturnAsync(Permit permit)
    {
        ArgumentNullException.ThrowIfNull(permit);
        return permit.TryUse() ? EndAsync(permit.Slot, SlotEnd.Unsent) : Task.CompletedTask;
    }

    Task ISlots.EndAsync(string slot, SlotEnd end) => EndAsync(slot, end);

    /// <summary>Whoever still waits, waits in vain.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? asking;
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            asking = _asking;
        }

        _subscription.Dispose();
        FailAll(new ObjectDisposedException(nameof(QuotaGovernor)));
        Look();
        if (asking is not null)
            await asking.WaitAsync(LeavingMayTake, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task EndAsync(string slot, SlotEnd end)
    {
        try
        {
            await _store.FinishAsync(slot, end);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException or ObjectDisposedException)
        {
            LogNotEnded(exception.GetType().Name);
            if (end.Use == SlotUse.Unsent)
                Owe(slot);
        }
    }

    /// <summary>Asks as long as anybody waits.</summary>
    private async Task AskAsync()
    {
        List<Lane> queued = [];
        while (true)
        {
            _news.Reader.TryRead(out _); // What is known now, it tells nothing about.
            List<Lane> lanes;
            List<Waiter> waiting;
            lock (_gate)
            {
                lanes = [.. Enum.GetValues<Lane>().Where(lane => !_lanes[(int)lane].IsEmpty)];
                waiting = [.. _lanes.SelectMany(lane => lane.All)];
                if (lanes.Count == 0 && queued.Count == 0)
                {
                    _asking = null;
                    return;
                }
            }

            var slot = Guid.NewGuid().ToString("N");
            var isAsked = false;
            var wait = TimeSpan.Zero;
            try
            {
                await SettleDebtsAsync();
                var asked = _time.GetTimestamp();
                isAsked = true;
                var reply = await _store.AcquireAsync(slot, lanes, waiting.Count > LoneCalls || waiting.Exists(waiter => waiter.Demand.IsFull()));
                queued = lanes;
                if (reply is SlotReply.Granted granted)
                {
                    queued.Remove(granted.Lane);
                    if (!TryGrant(slot, granted.Lane, asked))
                        await EndAsync(slot, SlotEnd.Unsent);
                }
                else if (reply is SlotReply.Wait told)
                {
                    wait = told.Time;
                }
            }
#pragma warning disable CA1031 // Whatever it is, those who wait are told, and the next one who comes is asked for.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogUnreachable(exception.GetType().Name);
                if (isAsked)
                    Owe(slot); // It may have been granted all the same.
                queued = [];
                FailAll(exception as RedisException ?? new RedisException("The quota cannot be asked.", exception));
            }

            if (wait > TimeSpan.Zero)
                await WaitAsync(wait);
        }
    }

    /// <summary>Hands a slot to whoever is next, unless that took so long, or everybody has gone meanwhile.</summary>
    private bool TryGrant(string slot, Lane lane, long asked)
    {
        if (_time.GetElapsedTime(asked) > QuotaStore.SendWithin / 2)
            return false;

        Waiter? waiter;
        lock (_gate)
            if (!_lanes[(int)lane].TryTake(out waiter))
                return false;
        var ends = asked + (long)(QuotaStore.SendWithin.TotalSeconds * _time.TimestampFrequency);
        waiter!.Granted.SetResult(new(slot, waiter.Demand) { Waiting = waiter.Token, SlotEnds = ends });
        return true;
    }

    private void Cancel(LinkedListNode<Waiter> place)
    {
        var waiter = place.Value;
        lock (_gate)
        {
            if (!LaneQueue<Waiter>.Remove(place))
                return;
            if (_lanes[(int)waiter.Demand.Lane].IsEmpty)
                Look(); // To leave the queue in Redis.
        }

        waiter.Granted.SetCanceled(waiter.Token);
    }

    private void FailAll(Exception exception)
    {
        lock (_gate)
            foreach (var lane in _lanes)
                while (lane.TryTake(out var waiter))
                    waiter!.Granted.SetException(exception);
    }

    private void Owe(string slot)
    {
        lock (_gate)
            _owed.Enqueue(slot);
    }

    /// <summary>Gives back what could not be given back before.</summary>
    private async Task SettleDebtsAsync()
    {
        while (Next() is { } slot)
        {
            await _store.FinishAsync(slot, SlotEnd.Unsent);
            lock (_gate)
                _owed.Dequeue();
        }

        string? Next()
        {
            lock (_gate)
                return _owed.TryPeek(out var slot) ? slot : null;
        }
    }

    private void Look() => _news.Writer.TryWrite(true);

    private async Task WaitAsync(TimeSpan atMost)
    {
        using var limit = new CancellationTokenSource(atMost, _time);
        Task news = _news.Reader.ReadAsync(limit.Token).AsTask();
        await news.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private sealed record Waiter(Demand Demand, CancellationToken Token)
    {
        public TaskCompletionSource<Permit> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(LogLevel.Warning, "The quota cannot be asked ({Exception}): nothing is sent until it can")]
    private partial void LogUnreachable(string exception);

    [LoggerMessage(LogLevel.Warning, "A slot of the quota could not be ended ({Exception}); it will end by itself")]
    private partial void LogNotEnded(string exception);
}
