using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator;

/// <summary>A fault that is switched on.</summary>
public sealed class ActiveFault
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(int Hits, TaskCompletionSource Reached)> _waiters = [];
    private int _skipped;

    internal ActiveFault(string id, Fault fault) => (Id, Fault) = (id, fault);

    /// <summary>Names the fault over HTTP.</summary>
    public string Id { get; }

    /// <summary>What goes wrong.</summary>
    public Fault Fault { get; }

    /// <summary>How many calls it struck.</summary>
    public int Hits { get; private set; }

    internal Task Released => _released.Task;

    /// <summary>Waits until the fault has struck so many calls.</summary>
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
            if (Hits >= Fault.Times) return false;
            if (_skipped < Fault.Skip)
            {
                _skipped++;
                return false;
            }

            Hits++;
            foreach (var (hits, reached) in _waiters)
                if (Hits >= hits) reached.TrySetResult();
            return true;
        }
    }

    internal void Release() => _released.TrySetResult();

    private bool Matches(HttpContext context) => Fault.Match is not { } match || (
        (match.Method is null || HttpMethods.Equals(match.Method, context.Request.Method)) &&
        (match.Path is null || Wildcard.Matches(match.Path, context.RawPath())) &&
        (match.BodyContains is null || context.Call().BodyText.Contains(match.BodyContains, StringComparison.Ordinal)) &&
        (match.PortalId is null || match.PortalId == context.Call().PortalId));
}
