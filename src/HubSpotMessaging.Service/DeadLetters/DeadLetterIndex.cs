using System.Text.Json;
using HubSpotMessaging.HubSpot;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// What is known of the dead letters, in Redis: every replica's pages read it, and looking at dead letters never touches RabbitMQ. It is
/// made from the <c>_error</c> queues, which are the truth, and can be made anew at any time.
/// </summary>
internal sealed class DeadLetterIndex(IConnectionMultiplexer redis)
{
    private const string Prefix = "hubspot:dead-letters:";
    private const string GroupPrefix = Prefix + "group:";

    /// <summary>More would make every look at the groups slow; what comes then goes into coarser ones.</summary>
    private const int MostGroups = 500;

    private const int Batch = 500;

    private static readonly RedisKey[] Keys = [Prefix + "entries", Prefix + "contents", Prefix + "all", Prefix + "groups"];
    private static readonly RedisScript AddScript = RedisScript.Beside<DeadLetterIndex>("add");
    private static readonly RedisScript RemoveScript = RedisScript.Beside<DeadLetterIndex>("remove");

    private readonly HashSet<string> _groups = new(StringComparer.Ordinal);

    private IDatabase Database => redis.GetDatabase();

    private static RedisKey Entries => Keys[0];

    private static RedisKey Contents => Keys[1];

    private static RedisKey All => Keys[2];

    private static RedisKey Groups => Keys[3];

    /// <summary>Adds what is not there yet. By one caller at a time.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task AddAsync(IReadOnlyList<(DeadLetter Letter, DeadLetterContent Content)> letters)
    {
        RedisKey[] keys = [.. Keys, .. new RedisKey[letters.Count]];
        var arguments = new RedisValue[letters.Count * 5];
        foreach (var (position, (letter, content)) in letters.Index())
        {
            var group = GroupFor(letter);
            keys[Keys.Length + position] = GroupPrefix + group.Id;
            arguments[position * 5] = letter.Id.ToString();
            arguments[(position * 5) + 1] = group.Id;
            arguments[(position * 5) + 2] = JsonSerializer.SerializeToUtf8Bytes(letter with { Group = group.Id }, StoredJson.Options);
            arguments[(position * 5) + 3] = content.Pack();
            arguments[(position * 5) + 4] = JsonSerializer.SerializeToUtf8Bytes(group, StoredJson.Options);
        }

        await AddScript.RunAsync(Database, keys, arguments);
    }

    /// <summary>Takes out what is not among the dead letters any more. How many of them were there.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<int> RemoveAsync(IReadOnlyList<DeadLetterId> ids)
    {
        var removed = 0;
        foreach (var some in ids.Chunk(Batch))
            removed += (int)await RemoveScript.RunAsync(
                Database, Keys, [GroupPrefix, DeadLetterGroup.IdLength, .. some.Select(id => (RedisValue)id.ToString())]);
        return removed;
    }

    /// <summary>All ids, in no order.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async IAsyncEnumerable<DeadLetterId> IdsAsync()
    {
        await foreach (var entry in Database.SortedSetScanAsync(All, pageSize: Batch))
            if (DeadLetterId.TryParse(entry.Element, out var id))
                yield return id;
    }

    /// <summary>How many there are.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task<long> CountAsync() => Database.SortedSetLengthAsync(All);

    /// <summary>The groups, each with the number of dead letters in it; the largest first.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<IReadOnlyList<(DeadLetterGroup Group, string Id, long Count)>> GroupsAsync()
    {
        var groups = await ReadGroupsAsync();
        var counts = await Task.WhenAll(groups.Select(group => Database.SortedSetLengthAsync(GroupPrefix + group.Id)));
        return [.. groups.Zip(counts, (group, count) => (group.Group, group.Id, Count: count)).Where(group => group.Count > 0).OrderByDescending(group => group.Count)];
    }

    /// <summary>The ids of those that a filter takes, in their order or from the last one back.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="after">Begins behind this one; null begins at the beginning.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="newestFirst">From the last one back.</param>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<IReadOnlyList<string>> FindAsync(DeadLetterFilter filter, string? after, int count, bool newestFirst)
    {
        var order = newestFirst ? Order.Descending : Order.Ascending;
        var ranges = await Task.WhenAll((await SetsOfAsync(filter)).Select(set => newestFirst
            ? Database.SortedSetRangeByValueAsync(set, default, after ?? default(RedisValue), Exclude.Both, order, 0, count)
            : Database.SortedSetRangeByValueAsync(set, after ?? default(RedisValue), default, Exclude.Both, order, 0, count)));
        var ids = ranges.SelectMany(range => range).Select(id => (string)id!);
        return [.. (newestFirst ? ids.OrderDescending(StringComparer.Ordinal) : ids.Order(StringComparer.Ordinal)).Take(count)];
    }

    /// <summary>Those that are meant, the oldest first.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async IAsyncEnumerable<IReadOnlyList<string>> SelectAsync(DeadLetterSelection selection, int batch)
    {
        if (selection.Ids is { } chosen)
        {
            foreach (var some in chosen.Chunk(batch))
                yield return [.. some.Select(id => id.ToString())];
            yield break;
        }

        List<string> ids = [];
        do
        {
            ids = [.. (await FindAsync(selection.Filter ?? new(), ids.LastOrDefault(), batch, newestFirst: false))
                .TakeWhile(id => selection.UpTo is null || string.CompareOrdinal(id, selection.UpTo) <= 0)];
            if (ids.Count > 0)
                yield return ids;
        }
        while (ids.Count == batch);
    }

    /// <summary>The last one that a filter takes; null when there is none.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<string?> LastAsync(DeadLetterFilter filter) => await FindAsync(filter, after: null, 1, newestFirst: true) is [var last] ? last : null;

    /// <summary>How many a filter takes, up to one of them.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<long> CountAsync(DeadLetterFilter filter, string? upTo = null) =>
        (await Task.WhenAll((await SetsOfAsync(filter)).Select(set =>
            upTo is null ? Database.SortedSetLengthAsync(set) : Database.SortedSetLengthByValueAsync(set, default, upTo)))).Sum();

    /// <summary>What is told of some; those that are gone are left out.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<IReadOnlyList<DeadLetter>> ReadAsync(IReadOnlyList<string> ids) => ids.Count == 0 ? [] :
        [.. (await Database.HashGetAsync(Entries, [.. ids.Select(id => (RedisValue)id)]))
            .Where(entry => !entry.IsNull)
            .Select(entry => JsonSerializer.Deserialize<DeadLetter>(((ReadOnlyMemory<byte>)entry).Span[DeadLetterGroup.IdLength..], StoredJson.Options)!)];

    /// <summary>The contents of some, in the same order; null for those that are gone.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<IReadOnlyList<DeadLetterContent?>> ContentsAsync(IReadOnlyList<string> ids) => ids.Count == 0 ? [] :
        [.. (await Database.HashGetAsync(Contents, [.. ids.Select(id => (RedisValue)id)]))
            .Select(content => content.IsNull ? null : DeadLetterContent.Unpack((ReadOnlyMemory<byte>)content))];

    /// <summary>Begins anew with the groups that are there, for whoever adds from now on.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task LearnGroupsAsync()
    {
        _groups.Clear();
        _groups.UnionWith((await Database.HashKeysAsync(Groups)).Select(id => (string)id!));
    }

    private DeadLetterGroup GroupFor(DeadLetter letter)
    {
        var group = DeadLetterGroup.Of(letter);
        if (_groups.Count >= MostGroups && !_groups.Contains(group.Id))
            group = group.Coarse();
        _groups.Add(group.Id);
        return group;
    }

    private async Task<IReadOnlyList<RedisKey>> SetsOfAsync(DeadLetterFilter filter) =>
        filter.IsEmpty() ? [All] : [.. (await ReadGroupsAsync()).Where(group => filter.Takes(group.Group)).Select(group => (RedisKey)(GroupPrefix + group.Id))];

    private async Task<IReadOnlyList<(string Id, DeadLetterGroup Group)>> ReadGroupsAsync() =>
        [.. (await Database.HashGetAllAsync(Groups)).Select(entry =>
            ((string)entry.Name!, JsonSerializer.Deserialize<DeadLetterGroup>((string)entry.Value!, StoredJson.Options)!))];
}
