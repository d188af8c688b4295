namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>What somebody wants to send one request for.</summary>
/// <param name="Kind">What kind of call; kinds take turns.</param>
/// <param name="Lane">How urgent it is.</param>
public sealed record Demand(CallKind Kind, Lane Lane)
{
    /// <summary>
    /// Whether there is as much to send as one request can take, so that waiting would not fill it further. Asked again whenever
    /// it matters. A lone call is not.
    /// </summary>
    public Func<bool> IsFull { get; init; } = () => false;
}

/// <summary>How urgent something is.</summary>
public enum Lane
{
    /// <summary>Somebody waits for it: goes first.</summary>
    Interactive,

    /// <summary>Backfills and replays: gets its share (<c>Delivery:BulkShare</c>) and whatever is left.</summary>
    Bulk,
}

/// <summary>The kinds of call that take turns.</summary>
public enum CallKind
{
    /// <summary>Reading and writing contacts.</summary>
    Contacts,

    /// <summary>Workflows and enrolments in them.</summary>
    Enrollments,

    /// <summary>Timeline events.</summary>
    Timeline,
}
