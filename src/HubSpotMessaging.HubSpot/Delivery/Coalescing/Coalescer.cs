using System.Diagnostics;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Coalescing;

/// <summary>
/// Gathers what many callers want sent into as few requests as possible, while each of them awaits its own outcome. A batch goes as
/// soon as the quota gives a permit, with whatever waits by then: so a lone item is not delayed, and under load batches fill by
/// themselves.
/// </summary>
/// <typeparam name="TItem">What one caller wants sent.</typeparam>
/// <typeparam name="TOutcome">What one caller is told.</typeparam>
public sealed class Coalescer<TItem, TOutcome> : IAsyncDisposable
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly IBatchSender<TItem, TOutcome> _sender;
    private readonly IQuota _quota;
    private readonly Func<Demand, CancellationToken, Task<Permit>> _acquireAsync;
    private readonly CoalescerLimits _limits;
    private readonly Func<TItem, long> _sizeOf;
    private readonly TimeProvider _time;

    private readonly Lock _gate = new();
    private readonly Backlog<TItem, TOutcome> _waiting = new();
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Pump[] _pumps;
    private bool _isDisposed;

    /// <summary>Starts to send whatever comes.</summary>
    /// <param name="sender">Sends a batch.</param>
    /// <param name="kind">What its requests are to the quota.</param>
    /// <param name="acquireAsync">Waits for a permit.</param>
    /// <param name="quota">Takes back the permits that are not needed after all.</param>
    /// <param name="limits">How much at once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="sizeOf">How many bytes an item is, if that matters (<see cref="CoalescerLimits.BatchBytes"/>). What it throws is told to whoever sends the item.</param>
    public Coalescer(
        IBatchSender<TItem, TOutcome> sender,
        CallKind kind,
        Func<Demand, CancellationToken, Task<Permit>> acquireAsync,
        IQuota quota,
        CoalescerLimits limits,
        TimeProvider time,
        Func<TItem, long>? sizeOf = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        (_sender, _acquireAsync, _quota, _limits, _time, _sizeOf) = (sender, acquireAsync, quota, limits, time, sizeOf ?? (_ => 0));
        _places = new(limits.Waiting);
        _pumps = [new(this, kind, Lane.Interactive), new(this, kind, Lane.Bulk)];
    }

    /// <summary>Sends an item with the next batch.</summary>
    /// <param name="key">What it is about: items about the same thing go together, or one after the other (<see cref="CoalescerLimits.IsOneByOne"/>).</param>
    /// <param name="item">The item.</param>
    /// <param name="lane">How urgent it is.</param>
    /// <param name="cancellationToken">Withdraws the item while it has not been sent; what has been sent is awaited to its end.</param>
    /// <exception cref="OperationCanceledException">Withdrawn, or the coalescer ends: it was not sent.</exception>
    public async Task<TOutcome> SendAsync(string key, TItem item, Lane lane, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            var entry = new Entry<TItem, TOutcome>(item, lane, cancellationToken) { Size = _sizeOf(item), IsAlone = _limits.IsOneByOne };
            lock (_gate)
            {
                if (_isDisposed)
                    throw new OperationCanceledException("Nothing is sent any more.");
                _waiting.Add(key, entry);
                Look();
            }

            await using var withdrawal = cancellationToken.UnsafeRegister(_ => Withdraw(key, entry), null);
            return await entry.Outcome;
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Finishes what is being sent, and cancels what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        await _stopping.CancelAsync();
        foreach (var pump in _pumps)
            await pump.DisposeAsync();

        Fail(Lane.Interactive, new OperationCanceledException("Nothing is sent any more."));
        Fail(Lane.Bulk, new OperationCanceledException("Nothing is sent any more."));
        _stopping.Dispose();
    }

    private void Withdraw(string key, Entry<TItem, TOutcome> entry)
    {
        lock (_gate)
        {
            if (!_waiting.Remove(key, entry))
                return; // It is being sent.
            Look();
        }

        entry.Cancel();
    }

    private void Fail(Lane lane, Exception exception)
    {
        List<Entry<TItem, TOutcome>> failed;
        lock (_gate)
        {
            failed = _waiting.Clear(lane);
            Look();
        }

        foreach (var entry in failed)
            entry.Fail(exception);
    }

    /// <summary>Lets each lane look whether it has work. Within the lock.</summary>
    private void Look()
    {
        foreach (var pump in _pumps)
            pump.Look(hasWork: !_waiting.IsEmpty(pump.Lane));
    }

    private async Task SendAsync(List<(string Key, List<Entry<TItem, TOutcome>> Entries)> batch, Permit permit)
    {
        await Task.Yield();
        using var abandoned = new Abandonment(batch.SelectMany(parcel => parcel.Entries).Select(entry => entry.CancellationToken));
        IReadOnlyList<Verdict<TOutcome>> verdicts;
        try
        {
            verdicts = await _sender.SendAsync(
                [.. batch.Select(parcel => ParcelOf(parcel.Key, parcel.Entries))],
                permit,
                abandoned.Token);
        }
#pragma warning disable CA1031 // Whatever it is, those who wait must hear of it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            verdicts = [.. batch.Select(_ => new Verdict<TOutcome>.Failed(exception))];
        }

        foreach (var ((key, entries), verdict) in batch.Zip(verdicts))
            Conclude(key, entries, verdict);
    }

    private static Parcel<TItem> ParcelOf(string key, List<Entry<TItem, TOutcome>> entries) =>
        new(key, [.. entries.Select(entry => entry.Item)], entries.Max(entry => entry.Returns))
        {
            Callers = [.. entries.Select(entry => entry.Caller).OfType<Activity>()],
        };

    private void Conclude(string key, List<Entry<TItem, TOutcome>> entries, Verdict<TOutcome> verdict)
    {
        switch (verdict)
        {
            case Verdict<TOutcome>.Later { Wait: var wait }:
                foreach (var entry in entries)
                    entry.Returns++;
                _ = ReturnAfterAsync(key, entries, wait);
                return;
            case Verdict<TOutcome>.Apart:
                foreach (var entry in entries)
                    entry.IsAlone = true;
                Return(key, entries);
                return;
        }

        Return(key, []);
        for (var position = 0; position < entries.Count; position++)
        {
            if (verdict is Verdict<TOutcome>.Done { Outcomes: var outcomes })
                entries[position].Succeed(outcomes[position]);
            else if (verdict is Verdict<TOutcome>.Failed { Exception: var exception })
                entries[position].Fail(exception);
        }
    }

    private async Task ReturnAfterAsync(string key, List<Entry<TItem, TOutcome>> entries, TimeSpan wait)
    {
        using var abandoned = new Abandonment(entries.Select(entry => entry.CancellationToken));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, abandoned.Token);
        await Task.Delay(wait, _time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Return(key, entries, isLast: true); // What it waits for may stand behind it.
    }

    /// <summary>Lets wait again what is to be sent again, unless nobody waits for it any more.</summary>
    private void Return(string key, List<Entry<TItem, TOutcome>> again, bool isLast = false)
    {
        List<Entry<TItem, TOutcome>> withdrawn;
        lock (_gate)
        {
            // Whoever cancels from here on finds it in the room; who has cancelled before did not.
            withdrawn = again.FindAll(entry => entry.CancellationToken.IsCancellationRequested || _isDisposed);
            _waiting.Return(key, again.Except(withdrawn), isLast);
            Look();
        }

        foreach (var entry in withdrawn)
            entry.Cancel();
    }

    /// <summary>Sends the batches of one lane, one permit after the other.</summary>
    private sealed class Pump : IAsyncDisposable
    {
        private readonly Coalescer<TItem, TOutcome> _coalescer;
        private readonly Demand _demand;
        private readonly ConcurrencyLimit _underWay;
        private readonly Task _ended;
        private TaskCompletionSource _work = NewSignal();
        private CancellationTokenSource? _acquiring;

        public Pump(Coalescer<TItem, TOutcome> coalescer, CallKind kind, Lane lane)
        {
            (_coalescer, Lane) = (coalescer, lane);
            _demand = new(kind, lane) { IsFull = () => coalescer._waiting.Ready >= coalescer._limits.BatchSize };
            _underWay = new(coalescer._limits.BatchesInFlight, coalescer._time);
            _ended = RunAsync(coalescer._stopping.Token);
        }

        public Lane Lane { get; }

        /// <summary>Waits for what is under way. Called once the coalescer stops.</summary>
        public async ValueTask DisposeAsync()
        {
            await _ended;
            await _underWay.DisposeAsync();
        }

        /// <summary>Within the coalescer's lock.</summary>
        public void Look(bool hasWork)
        {
            if (hasWork)
            {
                _work.TrySetResult();
                return;
            }

            if (_work.Task.IsCompleted)
                _work = NewSignal();
            _ = _acquiring?.CancelAsync(); // Somebody else may have the permit.
        }

        private async Task RunAsync(CancellationToken stopping)
        {
            await Task.Yield();
            while (!stopping.IsCancellationRequested)
            {
                try
                {
                    await SendNextAsync(stopping);
                }
                catch (OperationCanceledException)
                {
                    // There is nothing to be sent any more, or for good.
                }
                catch (DeliveryPostponedException exception)
                {
                    _coalescer.Fail(Lane, exception);
                }
#pragma warning disable CA1031 // Redis, as a rule. The lane must go on, and those who wait are called off as soon as the line has noticed.
                catch (Exception)
#pragma warning restore CA1031
                {
                    await Task.Delay(AfterFailure, _coalescer._time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }

        private async Task SendNextAsync(CancellationToken stopping)
        {
            await Volatile.Read(ref _work).Task.WaitAsync(stopping);
            await _underWay.EnterAsync(stopping);
            var isSent = false;
            try
            {
                using var acquiring = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                Permit permit;
                try
                {
                    lock (_coalescer._gate)
                    {
                        if (_coalescer._waiting.IsEmpty(Lane))
                            return;
                        _acquiring = acquiring;
                    }

                    permit = await _coalescer._acquireAsync(_demand, acquiring.Token);
                }
                finally
                {
                    lock (_coalescer._gate)
                        _acquiring = null;
                }

                List<(string, List<Entry<TItem, TOutcome>>)> batch;
                lock (_coalescer._gate)
                {
                    batch = _coalescer._waiting.Take(Lane, _coalescer._limits.BatchSize, _coalescer._limits.BatchBytes);
                    _coalescer.Look();
                }

                if (batch.Count == 0)
                {
                    await _coalescer._quota.ReturnAsync(permit);
                    return;
                }

                isSent = true;
                _ = _underWay.LeaveAfterAsync(_coalescer.SendAsync(batch, permit));
            }
            finally
            {
                if (!isSent)
                    _underWay.Leave();
            }
        }

        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>How much a coalescer has in hand at once.</summary>
/// <param name="BatchSize">What one request takes at most.</param>
/// <param name="BatchesInFlight">How many batches of each lane are under way at once, at the most. Several, or a slow answer would hold up the quota.</param>
/// <param name="Waiting">How many items it keeps in memory; who comes with more waits.</param>
public sealed record CoalescerLimits(int BatchSize, int BatchesInFlight, int Waiting)
{
    /// <summary>Whether items about the same thing cannot go as one, but only one after the other, each with another batch.</summary>
    public bool IsOneByOne { get; init; }

    /// <summary>How large a batch may be before nothing is added to it any more; the last item may exceed it.</summary>
    public long BatchBytes { get; init; } = long.MaxValue;
}
