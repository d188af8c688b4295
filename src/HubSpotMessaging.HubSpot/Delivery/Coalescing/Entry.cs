using System.Diagnostics;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Coalescing;

/// <summary>What one caller wants sent, and waits for.</summary>
internal sealed class Entry<TItem, TOutcome>(TItem item, Lane lane, CancellationToken cancellationToken)
{
    public TItem Item => item;

    public Lane Lane => lane;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>The span of the caller, while traces are taken.</summary>
    public Activity? Caller { get; } = Activity.Current;

    /// <summary>What it adds to the size of a batch.</summary>
    public long Size { get; init; }

    /// <summary>Whether it is to go without others about the same thing: because together they were refused, or always.</summary>
    public bool IsAlone { get; set; }

    /// <summary>How often it has come back because it could not be sent yet.</summary>
    public int Returns { get; set; }

    public TaskCompletionSource<TOutcome> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
