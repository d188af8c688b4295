using System.Text.Json;
using HubSpotMessaging.HubSpot;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// What operators ask to be done with dead letters, in Redis: any replica takes it, and the one that reads carries it out. A request stays
/// until it is done, so that the next reader does it once more when one has died over it.
/// </summary>
internal sealed partial class DeadLetterRequests(IConnectionMultiplexer redis, TimeProvider time, ILogger<DeadLetterRequests> logger)
{
    private const string Key = "hubspot:dead-letters:requests";

    /// <summary>For how long one can ask what became of a request.</summary>
    private static readonly TimeSpan ResultsStay = TimeSpan.FromDays(1);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    private IDatabase Database => redis.GetDatabase();

    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task AddAsync(DeadLetterRequest request)
    {
        await SaveAsync(new() { Id = request.Id });
        await Database.ListRightPushAsync(Key, JsonSerializer.Serialize(request, StoredJson.Options));
        await StateChanges.TellAsync(redis);
    }

    /// <summary>The request that is to be carried out next.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<DeadLetterRequest?> NextAsync()
    {
        while (await Database.ListGetByIndexAsync(Key, 0) is { IsNull: false } text)
        {
            try
            {
                return JsonSerializer.Deserialize<DeadLetterRequest>((string)text!, StoredJson.Options);
            }
            catch (JsonException)
            {
                LogUnreadable();
                await Database.ListLeftPopAsync(Key); // Of another version, perhaps. It must not stop the rest.
            }
        }

        return null;
    }

    /// <summary>Tells how far it is.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task SaveAsync(DeadLetterResult result) =>
        Database.StringSetAsync(ResultKey(result.Id), JsonSerializer.Serialize(result, StoredJson.Options), ResultsStay);

    /// <summary>Tells what became of it, and takes it off the list.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task FinishAsync(DeadLetterResult result)
    {
        await SaveAsync(result with { State = DeadLetterRequestState.Done });
        await Database.ListLeftPopAsync(Key); // The only one who takes away is the only one who carries out.
    }

    /// <summary>What became of a request; null when nobody knows any more.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<DeadLetterResult?> ResultAsync(string id) => await Database.StringGetAsync(ResultKey(id)) is { IsNull: false } text
        ? JsonSerializer.Deserialize<DeadLetterResult>((string)text!, StoredJson.Options)
        : null;

    /// <summary>Waits a while for a request to be done; tells how far it is then.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<DeadLetterResult> WaitAsync(string id, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var result = await ResultAsync(id);
            if (result is { State: DeadLetterRequestState.Done } || time.GetElapsedTime(started) > atMost)
                return result ?? new() { Id = id };
            await Task.Delay(BetweenLooks, time, cancellationToken);
        }
    }

    private static string ResultKey(string id) => $"hubspot:dead-letters:result:{id}";

    [LoggerMessage(LogLevel.Error, "What an operator asked for cannot be read, and is not done")]
    private partial void LogUnreadable();
}

/// <summary>What an operator asks to be done.</summary>
internal sealed record DeadLetterRequest
{
    public string Id { get; init; } = Guid.NewGuid().ToString("N");

    public required DeadLetterAction Action { get; init; }

    /// <summary>With which ones.</summary>
    public required DeadLetterSelection Selection { get; init; }

    /// <summary>What is changed before they are sent again.</summary>
    public Correction? Correction { get; init; }
}

internal enum DeadLetterAction
{
    /// <summary>Is sent again.</summary>
    Replay,

    /// <summary>Is thrown away.</summary>
    Discard,
}

/// <summary>Which dead letters: these, or all that a filter takes.</summary>
internal sealed record DeadLetterSelection
{
    /// <summary>The ids.</summary>
    public IReadOnlyList<DeadLetterId>? Ids { get; init; }

    /// <summary>A filter, when no ids are given.</summary>
    public DeadLetterFilter? Filter { get; init; }

    /// <summary>The last one that the filter means: what fails meanwhile comes behind it, and what fails anew would come again and again.</summary>
    public string? UpTo { get; init; }
}

internal enum DeadLetterRequestState
{
    /// <summary>Nobody has begun.</summary>
    Waiting,

    /// <summary>Some of it is done.</summary>
    Running,

    /// <summary>It is done, as far as it can be.</summary>
    Done,
}

/// <summary>What became of a request.</summary>
internal sealed record DeadLetterResult
{
    public required string Id { get; init; }

    public DeadLetterRequestState State { get; init; }

    /// <summary>How many are sent again, or thrown away.</summary>
    public int Done { get; init; }

    /// <summary>How many were not there any more.</summary>
    public int Gone { get; init; }

    /// <summary>How many stay dead letters.</summary>
    public int Failed { get; init; }

    /// <summary>Why some of those stay.</summary>
    public IReadOnlyList<DeadLetterFailure> Failures { get; init; } = [];
}

/// <summary>Why a dead letter stays one.</summary>
internal sealed record DeadLetterFailure(DeadLetterId Id, string Reason);
