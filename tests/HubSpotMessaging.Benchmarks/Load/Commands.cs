using System.Globalization;

namespace HubSpotMessaging.Benchmarks.Load;

/// <summary>Which commands were published when, and when the outcome of each came.</summary>
/// <param name="capacity">The most that will be published.</param>
/// <param name="domain">Of the contacts' addresses.</param>
internal sealed class Commands(int capacity, string domain)
{
    private const string Prefix = "c";
    private readonly long[] _published = new long[capacity];
    private readonly long[] _ended = new long[capacity];
    private readonly bool[] _rejected = new bool[capacity];
    private readonly long _epoch = TimeProvider.System.GetTimestamp();
    private readonly DateTimeOffset _epochTime = TimeProvider.System.GetUtcNow();
    private int _count;
    private int _endedCount;
    private int _repeated;

    /// <summary>How many were published.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many have no outcome yet.</summary>
    public int Pending => Count - Volatile.Read(ref _endedCount);

    /// <summary>How many outcomes came once more.</summary>
    public int Repeated => Volatile.Read(ref _repeated);

    public static string KeyOf(int index) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{index}");

    public string EmailOf(int index) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{index}@{domain}");

    /// <summary>A new command, published now.</summary>
    public int Publish()
    {
        var index = Interlocked.Increment(ref _count) - 1;
        Volatile.Write(ref _published[index], TimeProvider.System.GetTimestamp());
        return index;
    }

    /// <summary>Takes note of an outcome.</summary>
    public void End(string key, bool rejected)
    {
        if (!int.TryParse(key.AsSpan(Prefix.Length), CultureInfo.InvariantCulture, out var index))
            return;
        _rejected[index] |= rejected;
        if (Interlocked.CompareExchange(ref _ended[index], TimeProvider.System.GetTimestamp(), 0) == 0)
            Interlocked.Increment(ref _endedCount);
        else
            Interlocked.Increment(ref _repeated);
    }

    public bool HasEnded(int index) => Volatile.Read(ref _ended[index]) != 0;

    public bool IsRejected(int index) => _rejected[index];

    public DateTimeOffset PublishedAt(int index) => _epochTime + TimeProvider.System.GetElapsedTime(_epoch, _published[index]);

    /// <summary>From the publication to the outcome. A command without one has waited until now, at least.</summary>
    public TimeSpan LatencyOf(int index) => TimeProvider.System.GetElapsedTime(
        _published[index], HasEnded(index) ? _ended[index] : TimeProvider.System.GetTimestamp());

    /// <summary>From a moment (a timestamp of the system's clock) to the last outcome.</summary>
    public TimeSpan DurationOf(CommandRange range, long since) =>
        TimeProvider.System.GetElapsedTime(since, range.Indexes.Max(index => _ended[index]));

    /// <summary>Waits until all of them have an outcome, or the time is over.</summary>
    /// <returns>How many have none.</returns>
    public async Task<int> WaitAsync(CommandRange range, TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var next = range.Start; ;)
        {
            while (next < range.End && HasEnded(next))
                next++;
            if (next == range.End)
                return 0;
            if (TimeProvider.System.GetElapsedTime(started) > patience)
                return range.Indexes.Count(index => !HasEnded(index));
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancellationToken);
        }
    }
}

/// <summary>Commands that were published one after the other.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">One after the last.</param>
internal sealed record CommandRange(int Start, int End)
{
    public int Count => End - Start;

    public IEnumerable<int> Indexes => Enumerable.Range(Start, Count);

    public CommandRange Skip(int count) => new(Math.Min(End, Start + count), End);
}
