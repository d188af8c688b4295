using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator;

/// <summary>A fault that is switched on.</summary>
public sealed class ActiveFault
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(int Hits, TaskCompletionSource Reached)> _waiters = [];
    private int _skipped;
    private int _chosen;

    internal ActiveFault(string id, Fault fault) => (Id, Fault) = (id, fault);

    /// <summary>Names the fault over HTTP.</summary>
    public string Id { get; }

    /// <summary>What goes wrong.</summary>
    public Fault Fault { get; }

    /// <summary>How many calls it struck; of <see cref="FaultKind.HoldAnswer"/>, how many answers it held back.</summary>
    public int Hits { get; private set; }

    internal Task Released => _released.Task;

    /// <summary>
    /// Waits until the fault has struck so many calls: with <see cref="FaultKind.HoldAnswer"/>, until they have been carried out and
    /// their answers are held.
    /// </summary>
    /// <param name="times">How many.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends then.</returns>
    public Task WhenHitAsync(int times = 1, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (Hits >= times) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((times, reached));
            return reached.Task.WaitAsync(cancellationToken);
        }
    }

    internal bool Strikes(HttpContext context)
    {
        if (!Matches(context)) return false;
        lock (_lock)
        {
            if (_chosen >= Fault.Times) return false;
            if (_skipped < Fault.Skip)
            {
                _skipped++;
                return false;
            }

            _chosen++;
            if (Fault.Kind != FaultKind.HoldAnswer) Hit();
            return true;
        }
    }

    /// <summary>Counts a hit. An answer is held only when there is one, long after the fault was chosen for the call.</summary>
    internal void Hit()
    {
        lock (_lock)
        {
            Hits++;
            foreach (var (hits, reached) in _waiters)
                if (Hits >= hits) reached.TrySetResult();
        }
    }

    internal void Release() => _released.TrySetResult();

    private bool Matches(HttpContext context) => Fault.Match is not { } match || (
        (match.Method is null || HttpMethods.Equals(match.Method, context.Request.Method)) &&
        (match.Path is null || Wildcard.Matches(match.Path, context.RawPath())) &&
        (match.BodyContains is null || context.Call().BodyText.Contains(match.BodyContains, StringComparison.Ordinal)) &&
        (match.PortalId is null || match.PortalId == context.Call().PortalId));
}
