namespace HubSpotMessaging.Emulator.Limits;

/// <summary>
/// When the requests of the last moments came in. What left the window is dropped on the way, so a call costs next to nothing.
/// </summary>
internal sealed class RollingWindow
{
    private readonly Queue<DateTimeOffset> _taken = new();

    public bool TryTake(DateTimeOffset now, TimeSpan length, int limit, out int remaining)
    {
        while (_taken.TryPeek(out var oldest) && oldest <= now - length) _taken.Dequeue();

        var isFree = _taken.Count < limit;
        if (isFree) _taken.Enqueue(now);
        remaining = Math.Max(0, limit - _taken.Count);
        return isFree;
    }
}
