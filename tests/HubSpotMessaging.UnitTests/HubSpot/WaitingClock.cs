using Microsoft.Extensions.Time.Testing;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>A clock that stands still until a test lets it go on to the next moment that somebody waits for.</summary>
internal sealed class WaitingClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<DateTimeOffset, DateTimeOffset> _due = new();

    /// <summary>Goes on to the next moment. False when nobody waits.</summary>
    public bool SkipToNextTimer()
    {
        DateTimeOffset due;
        lock (_gate)
        {
            if (!_due.TryDequeue(out due, out _))
                return false;
        }

        if (due > GetUtcNow())
            SetUtcNow(due);
        return true;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        lock (_gate)
            _due.Enqueue(GetUtcNow() + dueTime, GetUtcNow() + dueTime);
        return timer;
    }
}
