using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace HubSpotMessaging.EmulatorTests;

/// <summary>A clock that stands still and tells who waits on it.</summary>
public sealed class ObservedClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly SemaphoreSlim _started = new(0);
    private readonly ConcurrentQueue<TimeSpan> _delays = new();

    /// <summary>The length of the next delay that began; waits for one to begin.</summary>
    public async Task<TimeSpan> NextDelayAsync(CancellationToken cancellationToken)
    {
        await _started.WaitAsync(cancellationToken);
        return _delays.TryDequeue(out var delay) ? delay : throw new InvalidOperationException("A delay began and is gone.");
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _delays.Enqueue(dueTime);
        _started.Release();
        return timer;
    }
}
