using System.Text.Json;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>How many commands wait in each queue, in Redis: whoever reads the dead letters looks for all replicas.</summary>
internal sealed class QueueDepths(IConnectionMultiplexer redis)
{
    private const string Key = "hubspot:queues";

    /// <summary>Older numbers would mislead.</summary>
    private static readonly TimeSpan CountsFor = TimeSpan.FromSeconds(30);

    /// <param name="queues">How they stand.</param>
    /// <param name="isComplete">False while the dead letters are still being read anew: there are at least as many as before, as far as is known.</param>
    /// <param name="looked">When they did, at the latest: what has come since is not among them.</param>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task WriteAsync(IEnumerable<(string Name, uint Waiting, int DeadLetters)> queues, bool isComplete, DateTimeOffset looked)
    {
        var before = (await ReadAsync()).ToDictionary(queue => queue.Name, StringComparer.Ordinal); // Perhaps another replica's.
        var depths =
            from queue in queues
            let known = before.GetValueOrDefault(queue.Name)
            select new QueueDepth(
                queue.Name,
                queue.Waiting,
                isComplete ? queue.DeadLetters : Math.Max(queue.DeadLetters, known?.DeadLetters ?? 0),
                queue.Waiting == 0 ? looked : known?.EmptyAt);
        await redis.GetDatabase().StringSetAsync(Key, JsonSerializer.Serialize(depths, StoredJson.Options), CountsFor);
    }

    /// <summary>Empty when nobody looks at the moment.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<IReadOnlyList<QueueDepth>> ReadAsync() => await redis.GetDatabase().StringGetAsync(Key) is { IsNull: false } text
        ? JsonSerializer.Deserialize<List<QueueDepth>>((string)text!, StoredJson.Options)!
        : [];
}

/// <summary>A queue.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Waiting">How many commands wait in it, other than those that a replica has already taken.</param>
/// <param name="DeadLetters">How many of its commands are dead letters.</param>
/// <param name="EmptyAt">When it was last seen with nothing that waits; null when nobody has.</param>
internal sealed record QueueDepth(string Name, long Waiting, int DeadLetters, DateTimeOffset? EmptyAt = null);
