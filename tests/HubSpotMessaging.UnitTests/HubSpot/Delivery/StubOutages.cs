using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Delivery.Outages;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.UnitTests.HubSpot.Delivery;

/// <summary>Writes down what would pause the line.</summary>
internal sealed class StubOutages : IOutages
{
    public List<string> Paused { get; } = [];

    public List<Sign> Signs { get; } = [];

    public int Failures => Signs.Count(sign => sign == Sign.Down);

    public bool IsAlive { get; set; } = true;

    public Task NoteAsync(CallKind kind, Sign sign)
    {
        Signs.Add(sign);
        return Task.CompletedTask;
    }

    public Task PauseAsync(CallKind kind, string reason, HubSpotProblem problem, CancellationToken cancellationToken)
    {
        Paused.Add(reason);
        return Task.CompletedTask;
    }

    public Task<bool> IsAliveAsync(CallKind kind, Permit permit) => Task.FromResult(IsAlive);
}
