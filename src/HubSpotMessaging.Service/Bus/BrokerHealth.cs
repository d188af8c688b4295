using HubSpotMessaging.Service.Pausing;
using MassTransit;

namespace HubSpotMessaging.Service.Bus;

/// <summary>What MassTransit tells of the broker, except that queues which the line has stopped are as they should be.</summary>
internal sealed class BrokerHealth(IBusControl bus, EndpointSwitch endpoints)
{
    /// <summary>False when the broker cannot be reached. A queue that is just beginning to be consumed, or a connection that was just lost, does not count.</summary>
    public bool IsReachable => Look().Status != BusHealthStatus.Unhealthy;

    public (BusHealthStatus Status, string Description) Look()
    {
        var health = bus.CheckHealth();
        var isWell = health.Status == BusHealthStatus.Healthy
            || health.Endpoints.Values.All(endpoint => endpoint.Status == BusHealthStatus.Healthy || endpoints.HasStopped(endpoint.InputAddress));
        return isWell ? (BusHealthStatus.Healthy, "answers") : (health.Status, health.Description);
    }
}
