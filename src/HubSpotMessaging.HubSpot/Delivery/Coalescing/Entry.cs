using System.Diagnostics;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Coalescing;

/// <summary>What one caller wants sent, and waits for.</summary>
internal sealed class Entry<TItem, TOutcome>(TItem item, Lane lane, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<TOutcome> _outcome = new();

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

    /// <summary>What the caller awaits.</summary>
    public Task<TOutcome> Outcome => _outcome.Task;

    public void Succeed(TOutcome outcome) => Queue(() => _outcome.TrySetResult(outcome));

    public void Fail(Exception exception) => Queue(() => _outcome.TrySetException(exception));

    public void Cancel() => Queue(() => _outcome.TrySetCanceled(cancellationToken));

    /// <summary>
    /// Callers go on in the order in which their entries end, and beside each other. A continuation that runs asynchronously would stand in the queue of
    /// the worker that completes it, which takes the last first.
    /// </summary>
    private static void Queue(Action complete) => ThreadPool.UnsafeQueueUserWorkItem(static complete => complete(), complete, preferLocal: false);
}
