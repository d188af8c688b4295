namespace HubSpotMessaging.Emulator.Limits;

/// <summary>
/// When the requests of the last moments came in. What left the window is dropped on the way, so a call costs next to nothing.
/// </summary>
internal sealed class RollingWindow
{
    private readonly Queue<DateTimeOffset> _taken = new();

    public int CountAt(DateTimeOffset now, TimeSpan length)
    {
        while (_taken.TryPeek(out var oldest) && oldest <= now - length) _taken.Dequeue();
        return _taken.Count;
    }

    public void Add(DateTimeOffset now) => _taken.Enqueue(now);
}
