using System.Text.Json;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Line;

/// <summary>The line's reasons in Redis, where every replica finds them.</summary>
public sealed class LineStore(IConnectionMultiplexer redis)
{
    internal const string Key = "hubspot:line";
    private const string OutageKey = "hubspot:line:outage-told";

    /// <summary>Replicas notice within this time that Redis is back, so that one of them tells for all.</summary>
    private static readonly TimeSpan OutageIsTold = TimeSpan.FromSeconds(30);

    private static readonly RedisScript PauseScript = RedisScript.Beside<LineStore>("line", "pause");
    private static readonly RedisScript ResumeScript = RedisScript.Beside<LineStore>("line", "resume");
    private static readonly RedisScript OutageScript = RedisScript.Beside<LineStore>("line", "outage");

    private IDatabase Database => redis.GetDatabase();

    /// <summary>All reasons. Commands flow when there is none.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<IReadOnlyList<PauseReason>> ReadAsync() =>
        [.. (await Database.HashValuesAsync(Key)).Select(value => JsonSerializer.Deserialize<PauseReason>(((string)value!).Split('\n')[0])!)];

    /// <summary>Adds a reason, unless it is there.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task PauseAsync(PauseReason reason) =>
        PauseScript.RunAsync(Database, [Key, Outbox.Key], reason.Field, ValueOf(reason), new LinePaused(reason).ToText());

    /// <summary>Takes a reason away.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task ResumeAsync(PauseReason reason) => ResumeScript.RunAsync(Database, [Key, Outbox.Key], reason.Field);

    /// <summary>Announces a pause that is over, and that could not be told while it lasted.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal Task TellOfOutageAsync(PauseReason reason) => OutageScript.RunAsync(
        Database,
        [OutageKey, Outbox.Key],
        (long)OutageIsTold.TotalMilliseconds,
        new LinePaused(reason).ToText(),
        new LineResumed(reason).ToText());

    /// <summary>What stands in the line's hash: the reason, and what to announce when it goes.</summary>
    internal static string ValueOf(PauseReason reason) => $"{JsonSerializer.Serialize(reason)}\n{new LineResumed(reason).ToText()}";
}
