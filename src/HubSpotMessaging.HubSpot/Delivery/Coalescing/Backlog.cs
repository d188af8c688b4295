using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Coalescing;

/// <summary>
/// What waits to be sent, in two lanes, first come first served. What is about the same thing stands together, and only once in a
/// batch; while some of it is away in one, the rest waits for its return. Not thread-safe.
/// </summary>
internal sealed class Backlog<TItem, TOutcome>
{
    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<Lane, LinkedList<Group>> _lanes = new() { [Lane.Interactive] = new(), [Lane.Bulk] = new() };

    /// <summary>How many batches' parcels could go now.</summary>
    public int Ready => _lanes[Lane.Interactive].Count + _lanes[Lane.Bulk].Count;

    public bool IsEmpty(Lane lane) => _lanes[lane].Count == 0;

    public void Add(string key, Entry<TItem, TOutcome> entry)
    {
        if (!_groups.TryGetValue(key, out var group))
            _groups[key] = group = new(key);
        group.Entries.Add(entry);
        Place(group);
    }

    /// <summary>Removes what has not been taken. False when it is away.</summary>
    public bool Remove(string key, Entry<TItem, TOutcome> entry)
    {
        if (!_groups.TryGetValue(key, out var group) || !group.Entries.Remove(entry))
            return false;

        Place(group);
        return true;
    }

    /// <summary>
    /// Takes what goes into the next batch: the lane that it is for first, and then, to fill it, the other; until there are enough
    /// parcels, or the last one has filled the room that there is.
    /// </summary>
    public List<(string Key, List<Entry<TItem, TOutcome>> Entries)> Take(Lane lane, int atMost, long room)
    {
        var taken = new List<(string, List<Entry<TItem, TOutcome>>)>(Math.Min(atMost, Ready));
        foreach (var queue in (LinkedList<Group>[])[_lanes[lane], _lanes[lane == Lane.Bulk ? Lane.Interactive : Lane.Bulk]])
        {
            while (taken.Count < atMost && room > 0 && queue.First?.Value is { } group)
            {
                group.IsAway = true;
                var entries = group.Take();
                taken.Add((group.Key, entries));
                room -= entries.Sum(entry => entry.Size);
                Place(group);
            }
        }

        return taken;
    }

    /// <summary>What was taken is back: done, or to be sent again, before or after what has come about the same thing meanwhile.</summary>
    public void Return(string key, IEnumerable<Entry<TItem, TOutcome>> again, bool isLast)
    {
        var group = _groups[key];
        group.Entries.InsertRange(isLast ? group.Entries.Count : 0, again);
        group.IsAway = false;
        Place(group);
    }

    /// <summary>Removes everything that waits in a lane.</summary>
    public List<Entry<TItem, TOutcome>> Clear(Lane lane)
    {
        var removed = new List<Entry<TItem, TOutcome>>();
        foreach (var group in _groups.Values.ToList())
        {
            removed.AddRange(group.Entries.Where(entry => entry.Lane == lane));
            group.Entries.RemoveAll(entry => entry.Lane == lane);
            Place(group);
        }

        return removed;
    }

    /// <summary>Puts a group where it belongs: into the most urgent lane of what waits in it, or out of the room.</summary>
    private void Place(Group group)
    {
        var queue = group.IsAway || group.Entries.Count == 0 ? null
            : _lanes[group.Entries.Exists(entry => entry.Lane == Lane.Interactive) ? Lane.Interactive : Lane.Bulk];
        if (group.Node.List != queue)
        {
            group.Node.List?.Remove(group.Node);
            queue?.AddLast(group.Node);
        }

        if (!group.IsAway && group.Entries.Count == 0)
            _groups.Remove(group.Key);
    }

    private sealed class Group
    {
        public Group(string key) => (Key, Node) = (key, new(this));

        public string Key { get; }

        public LinkedListNode<Group> Node { get; }

        public List<Entry<TItem, TOutcome>> Entries { get; } = [];

        public bool IsAway { get; set; }

        /// <summary>Takes the first, and with it all others unless it is to go alone, or they are.</summary>
        public List<Entry<TItem, TOutcome>> Take()
        {
            var first = Entries[0];
            Predicate<Entry<TItem, TOutcome>> goes = entry => first.IsAlone ? entry == first : !entry.IsAlone;
            var taken = Entries.FindAll(goes);
            Entries.RemoveAll(goes);
            return taken;
        }
    }
}
