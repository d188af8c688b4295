namespace HubSpotMessaging.Emulator.Timeline;

/// <summary>Every portal's timeline events.</summary>
internal sealed class TimelineLog : IResettable
{
    private readonly Lock _lock = new();
    private readonly List<TimelineEvent> _events = [];
    private readonly Dictionary<(long PortalId, string Kind, string Id), int> _positions = [];

    /// <summary>Adds all, unless any is there already; then none, and false.</summary>
    public bool TryAdd(IReadOnlyList<TimelineEvent> events)
    {
        lock (_lock)
        {
            if (events.Any(added => _positions.ContainsKey(Key(added))) || events.DistinctBy(Key).Count() < events.Count) return false;
            foreach (var added in events) Add(added);
            return true;
        }
    }

    /// <summary>Adds the event, or puts it in the place of the one that has its id.</summary>
    public void Put(TimelineEvent added)
    {
        lock (_lock)
        {
            if (_positions.TryGetValue(Key(added), out var position)) _events[position] = added;
            else Add(added);
        }
    }

    public TimelineEvent? Find(long portalId, string kind, string id)
    {
        lock (_lock) return _positions.TryGetValue((portalId, kind, id), out var position) ? _events[position] : null;
    }

    public IReadOnlyList<TimelineEvent> List(long? portalId = null)
    {
        lock (_lock) return [.. _events.Where(entry => portalId is null || entry.PortalId == portalId)];
    }

    public void Reset()
    {
        lock (_lock)
        {
            _events.Clear();
            _positions.Clear();
        }
    }

    private void Add(TimelineEvent added)
    {
        _positions[Key(added)] = _events.Count;
        _events.Add(added);
    }

    private static (long PortalId, string Kind, string Id) Key(TimelineEvent entry) =>
        (entry.PortalId, entry.EventTemplateId ?? entry.EventTypeName!, entry.Id);
}
