using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Recording;

/// <summary>The last calls. Bounded in number and in size, so that an emulator may run under load for days.</summary>
internal sealed class CallLog : IResettable
{
    private const int MaximumCalls = 100_000;
    private const long MaximumCharacters = 128 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<RecordedCall> _calls = new();
    private long _lastSequence;
    private long _characters;

    /// <summary>How many calls arrived since the last reset, kept or not.</summary>
    public long Total => Interlocked.Read(ref _lastSequence);

    public long NextSequence() => Interlocked.Increment(ref _lastSequence);

    /// <summary>Adds the call, unless the era that it arrived in is over.</summary>
    public void Add(RecordedCall call, CancellationToken eraEnded)
    {
        lock (_lock)
        {
            if (eraEnded.IsCancellationRequested) return;
            _calls.Enqueue(call);
            _characters += call.Body.Length;
            while (_calls.Count > MaximumCalls || _characters > MaximumCharacters) _characters -= _calls.Dequeue().Body.Length;
        }
    }

    public IReadOnlyList<RecordedCall> List(string? path = null)
    {
        lock (_lock)
        {
            return
            [
                .. _calls
                    .Where(call => path is null || Wildcard.Matches(path, call.Path.Split('?')[0]))
                    .OrderBy(call => call.Sequence),
            ];
        }
    }

    /// <summary>Forgets the calls but goes on counting: some may still be on their way.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _calls.Clear();
            _characters = 0;
        }
    }

    public void Reset()
    {
        Clear();
        Interlocked.Exchange(ref _lastSequence, 0);
    }
}
