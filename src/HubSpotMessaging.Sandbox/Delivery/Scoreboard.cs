using HubSpotMessaging.Sandbox.Samples;

namespace HubSpotMessaging.Sandbox.Delivery;

/// <summary>Where the commands are, for whoever shows it.</summary>
internal sealed class Scoreboard(int total)
{
    private const int FewEnoughToTell = 100;
    private const int MostNotAsDeclared = 20;

    private readonly Lock _lock = new();
    private readonly List<Delivered> _worthTelling = [];
    private readonly List<(Sample Sample, CallWatch? Calls)> _underWay = [];
    private readonly SortedDictionary<string, int> _byEvent = new(StringComparer.Ordinal);
    private int _ended;
    private int _asDeclared;
    private int _undeclared;
    private int _refused;

    /// <summary>How many there are.</summary>
    public int Total { get; } = total;

    /// <summary>Whether there are so few that each is told of.</summary>
    public bool TellsOfEach => Total <= FewEnoughToTell;

    /// <summary>How many have ended.</summary>
    public int Ended
    {
        get { lock (_lock) return _ended; }
    }

    /// <summary>How many of them have ended as declared.</summary>
    public int AsDeclared
    {
        get { lock (_lock) return _asDeclared; }
    }

    /// <summary>How many of them nobody declared to end in anything.</summary>
    public int Undeclared
    {
        get { lock (_lock) return _undeclared; }
    }

    /// <summary>How many were refused.</summary>
    public int Refused
    {
        get { lock (_lock) return _refused; }
    }

    /// <summary>How many have ended in which event.</summary>
    public IReadOnlyList<(string Event, int Count)> ByEvent
    {
        get { lock (_lock) return [.. _byEvent.Select(entry => (entry.Key, entry.Value))]; }
    }

    /// <summary>Those that have been sent and have not ended, with what HubSpot has answered so far.</summary>
    public IReadOnlyList<(Sample Sample, string Answers)> UnderWay
    {
        get { lock (_lock) return [.. _underWay.Select(entry => (entry.Sample, entry.Calls?.Answers ?? ""))]; }
    }

    /// <summary>Each that has ended; of many, the first that did not end as declared. In that order, but for the first so many.</summary>
    public IReadOnlyList<Delivered> WorthTelling(int from = 0)
    {
        lock (_lock) return _worthTelling[from..];
    }

    public void Sent(Sample sample, CallWatch? calls)
    {
        lock (_lock) _underWay.Add((sample, calls));
    }

    public void HasEnded(Delivered delivered)
    {
        lock (_lock)
        {
            _underWay.RemoveAll(entry => ReferenceEquals(entry.Sample, delivered.Sample));
            _ended++;
            _asDeclared += delivered.IsAsDeclared ? 1 : 0;
            _undeclared += delivered.Sample.Expectation is null ? 1 : 0;
            _refused += delivered.Outcome is { IsRejection: true } ? 1 : 0;
            var name = delivered.Outcome?.Event ?? "no outcome";
            _byEvent[name] = _byEvent.GetValueOrDefault(name) + 1;
            if (TellsOfEach || (!delivered.IsAsDeclared && _worthTelling.Count < MostNotAsDeclared))
                _worthTelling.Add(delivered);
        }
    }
}
