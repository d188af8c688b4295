using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.FaultSuite;

/// <summary>The outcomes that a subscriber with a durable queue has been told, by command.</summary>
internal sealed class Ledger(AmqpClient bus)
{
    private readonly Dictionary<string, List<Told>> _told = new(StringComparer.Ordinal);
    private int _read;
    private long _lastAt = TimeProvider.System.GetTimestamp();

    public IReadOnlyDictionary<string, List<Told>> Outcomes => _told;

    /// <summary>The longest time in which no outcome came, since it was last set back.</summary>
    public TimeSpan LongestSilence { get; private set; }

    public void ForgetSilence() => (LongestSilence, _lastAt) = (TimeSpan.Zero, TimeProvider.System.GetTimestamp());

    /// <summary>Until so many commands have an outcome.</summary>
    /// <returns>Whether it came to that in time.</returns>
    public async Task<bool> UntilToldAsync(int commands, TimeSpan patience, CancellationToken stop)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Read();
            if (_told.Count >= commands)
                return true;
            if (TimeProvider.System.GetElapsedTime(started) > patience)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stop);
        }
    }

    /// <summary>Takes note of what has come.</summary>
    public void Read()
    {
        lock (_told)
            ReadWhatHasCome();
    }

    /// <summary>Takes note of it as it comes, so that silence is seen.</summary>
    public async Task FollowAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Read();
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void ReadWhatHasCome()
    {
        foreach (var (name, message, id) in bus.Seen.Skip(_read))
        {
            _read++;
            if (message["commandId"] is not { } key || (string?)key is not { } text)
                continue;
            if (!_told.TryGetValue(text, out var told))
                _told[text] = told = [];
            told.Add(new(name, id!, message));
            var silence = TimeProvider.System.GetElapsedTime(_lastAt);
            if (silence > LongestSilence)
                LongestSilence = silence;
            _lastAt = TimeProvider.System.GetTimestamp();
        }
    }
}

/// <summary>An outcome as it was told.</summary>
internal sealed record Told(string Event, string Id, JsonObject Message)
{
    public bool IsRejected => Event == "CommandRejected";

    public string? Category => (string?)Message["category"];
}
