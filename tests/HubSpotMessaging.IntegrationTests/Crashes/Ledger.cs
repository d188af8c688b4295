using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.Crashes;

/// <summary>The outcomes that a subscriber has been told, by command.</summary>
internal sealed class Ledger(AmqpClient bus)
{
    private readonly Dictionary<string, List<Outcome>> _outcomes = new(StringComparer.Ordinal);
    private int _read;

    /// <summary>How many outcomes came, repeats too.</summary>
    public int Count => _outcomes.Values.Sum(outcomes => outcomes.Count);

    /// <summary>What became of each command, when each has had one outcome, be it told once or, after a crash, again with the same id.</summary>
    public IReadOnlyDictionary<string, Outcome> OneEach()
    {
        _outcomes.Where(told => told.Value.DistinctBy(outcome => outcome.Id).Count() != 1)
            .Select(told => $"{told.Key}: {string.Join(", ", told.Value)}")
            .ShouldBeEmpty();
        return _outcomes.ToDictionary(told => told.Key, told => told.Value[0], StringComparer.Ordinal);
    }

    /// <summary>Everything that was told of a command, one after the other.</summary>
    public IReadOnlyList<Outcome> Of(string key) => _outcomes[key];

    /// <summary>Until so many commands have an outcome.</summary>
    public async Task UntilToldAsync(int commands, int seconds = 120)
    {
        try
        {
            await Eventually.BecomesTrueAsync(IsToldAsync, $"{commands} commands have an outcome", seconds);
        }
        finally
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{_outcomes.Count} of {commands} commands have an outcome.");
        }

        async Task<bool> IsToldAsync()
        {
            Read();
            if (_outcomes.Count >= commands)
                return true;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System); // To read thousands of them takes a while by itself.
            return false;
        }
    }

    /// <summary>Hears the rest. Whoever publishes has ended: what comes behind a last message, comes never.</summary>
    public async Task CloseAsync()
    {
        await bus.SendAsync("HubSpotMessaging.Contracts:ContactSynced", """{"message":{"last":true}}"""u8.ToArray());
        await bus.EventAsync("ContactSynced", message => message["last"] is not null);
        Read();
    }

    private void Read()
    {
        foreach (var (name, message, id) in bus.Seen.Skip(_read))
        {
            _read++;
            if (name is not ("ContactSynced" or "CommandRejected") || (string?)message["commandId"] is not { } key)
                continue;
            if (!_outcomes.TryGetValue(key, out var outcomes))
                _outcomes[key] = outcomes = [];
            outcomes.Add(new(id!, message));
        }
    }
}

/// <summary>An outcome as it was told.</summary>
/// <param name="Id">The message id.</param>
/// <param name="Message">What it says.</param>
internal sealed record Outcome(string Id, JsonObject Message)
{
    /// <summary>Created, Updated or Superseded; null when it was rejected.</summary>
    public string? Result => (string?)Message["result"];

    public string? Category => (string?)Message["category"];

    public string? ContactId => (string?)Message["contactId"];

    public IEnumerable<string> Skipped => Message["skippedProperties"]?.AsArray().Select(name => (string)name!) ?? [];

    public override string ToString() => $"{Id} {Result ?? Category}";
}
