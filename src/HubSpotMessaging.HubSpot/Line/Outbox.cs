using System.Text.Json;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Line;

/// <summary>
/// What is to be published, in the order in which it became true, in Redis. It leaves the queue when it has been published, so that a
/// crash repeats it, with the same id, and never loses it.
/// </summary>
public sealed partial class Outbox(IConnectionMultiplexer redis, ILogger<Outbox> logger)
{
    internal const string Key = "hubspot:outbox";
    private const string TurnKey = "hubspot:outbox:turn";
    private const string UnreadableKey = "hubspot:outbox:unreadable";

    private static readonly RedisScript PublishedScript = RedisScript.Beside<Outbox>("published");

    private readonly string _owner = Guid.NewGuid().ToString("N");

    private IDatabase Database => redis.GetDatabase();

    /// <summary>
    /// Publishes what waits, if no other replica is at it.
    /// </summary>
    /// <param name="publishAsync">Publishes one; when it throws, the announcement and those after it stay.</param>
    /// <param name="turn">How long this replica has for one before another replica may take over.</param>
    /// <returns>Whether the queue is empty now, as far as this replica can tell.</returns>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<bool> PublishAsync(Func<Announcement, Task> publishAsync, Func<Announcement, TimeSpan> turn)
    {
        ArgumentNullException.ThrowIfNull(publishAsync);
        ArgumentNullException.ThrowIfNull(turn);
        while (await Database.ListGetByIndexAsync(Key, 0) is { IsNull: false } next)
        {
            if (Parse(next!) is not { } announcement)
            {
                await Database.ListRightPushAsync(UnreadableKey, next);
                await PublishedScript.RunAsync(Database, [Key], next);
                continue;
            }

            if (!await Database.StringSetAsync(TurnKey, _owner, turn(announcement), When.NotExists))
                return false;

            try
            {
                // Looked at again, since another replica may just have published it.
                if (await Database.ListGetByIndexAsync(Key, 0) == next)
                {
                    await publishAsync(announcement);
                    await PublishedScript.RunAsync(Database, [Key], next);
                }
            }
            finally
            {
                await Database.LockReleaseAsync(TurnKey, _owner);
            }
        }

        return true;
    }

    /// <summary>What another version has written, and this one does not know, must not stop the rest.</summary>
    private Announcement? Parse(string text)
    {
        try
        {
            return Announcement.Parse(text);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            LogUnreadable(UnreadableKey);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Error, "An announcement in Redis cannot be read, perhaps one of a newer version; it is kept in {Key}")]
    private partial void LogUnreadable(string key);
}
