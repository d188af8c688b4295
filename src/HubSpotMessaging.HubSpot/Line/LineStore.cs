using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Line;

/// <summary>The line's reasons in Redis, where every replica finds them.</summary>
public sealed class LineStore(IConnectionMultiplexer redis)
{
    internal const string Key = "hubspot:line";
    private const string ReadKey = "hubspot:line:read";
    private static readonly TimeSpan ReadIsKept = TimeSpan.FromMinutes(1);
    private static readonly RedisScript PauseScript = RedisScript.Beside<LineStore>("line", "pause");
    private static readonly RedisScript ResumeScript = RedisScript.Beside<LineStore>("line", "resume");
    private static readonly RedisScript ReplaceScript = RedisScript.Beside<LineStore>("line", "replace");
    private static readonly RedisScript OnceScript = RedisScript.Beside<LineStore>("line", "once");

    private IDatabase Database => redis.GetDatabase();

    /// <summary>All reasons. Commands flow when there is none.</summary>
    /// <exception cref="RedisException">Redis cannot be reached, or takes no writes.</exception>
    public async Task<IReadOnlyList<PauseReason>> ReadAsync()
    {
        var writing = Database.StringSetAsync(ReadKey, "1", ReadIsKept); // Full, Redis still answers, but nothing can be delivered with it.
        var values = await Database.HashValuesAsync(Key);
        await writing;
        return [.. values.Select(value => Parse((string)value!))];
    }

    /// <summary>Adds a reason, unless it is there.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="grant">The grant that it is about (<see cref="Authorization.TokenKeeper.Grant"/>): with another one it is none any more.</param>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task PauseAsync(PauseReason reason, string? grant = null) => PauseScript.RunAsync(
        Database,
        [Key, Outbox.Key, Authorization.TokenStore.KnowledgeKey],
        reason.Field,
        ValueOf(reason),
        new LinePaused(reason).ToText(),
        grant ?? "");

    /// <summary>Takes a reason away.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task ResumeAsync(PauseReason reason) => ResumeScript.RunAsync(Database, [Key, Outbox.Key], reason.Field);

    /// <summary>Changes what is known of a reason, if it is still there. That is not announced.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal Task ReplaceAsync(PauseReason reason) => ReplaceScript.RunAsync(Database, [Key], reason.Field, ValueOf(reason));

    /// <summary>Announces what several replicas come to, once over all of them in a while.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    internal Task TellOnceAsync(string what, TimeSpan within, params IEnumerable<Announcement> announcements) => OnceScript.RunAsync(
        Database,
        [$"hubspot:told:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(what)))}", Outbox.Key],
        [(long)within.TotalMilliseconds, .. announcements.Select(announcement => (RedisValue)announcement.ToText())]);

    /// <summary>What cannot be read is a reason all the same, and one that operators see.</summary>
    private static PauseReason Parse(string value)
    {
        try
        {
            return JsonSerializer.Deserialize<PauseReason>(value.Split('\n')[0])!;
        }
        catch (JsonException)
        {
            return new("unknown", "Unreadable");
        }
    }

    /// <summary>What stands in the line's hash: the reason, and what to announce when it goes.</summary>
    internal static string ValueOf(PauseReason reason) => $"{JsonSerializer.Serialize(reason)}\n{new LineResumed(reason).ToText()}";
}
