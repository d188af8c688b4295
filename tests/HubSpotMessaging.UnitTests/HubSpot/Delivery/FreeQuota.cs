using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.UnitTests.HubSpot.Delivery;

/// <summary>A quota without a limit, unless a test holds it.</summary>
internal sealed class FreeQuota : IQuota
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _open = Opened();

    public List<Demand> Given { get; } = [];

    public List<Permit> Returned { get; } = [];

    /// <summary>Lets everybody wait for a permit.</summary>
    public void Hold() => _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _open.TrySetResult();

    public async Task<Permit> AcquireAsync(Demand demand, CancellationToken cancellationToken)
    {
        await _open.Task.WaitAsync(cancellationToken);
        lock (_gate)
            Given.Add(demand);
        return new($"slot-{Given.Count}", demand);
    }

    public Task ReturnAsync(Permit permit)
    {
        lock (_gate)
            if (permit.TryUse())
                Returned.Add(permit);
        return Task.CompletedTask;
    }

    /// <summary>Uses the permit that a request comes with, if it does.</summary>
    public static void Use(HttpRequestMessage request)
    {
        if (request.Options.TryGetValue(new HttpRequestOptionsKey<Permit>(Permit.Option), out var permit))
            permit.TryUse();
    }

    private static TaskCompletionSource Opened()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
