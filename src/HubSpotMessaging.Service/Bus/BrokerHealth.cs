using HubSpotMessaging.Service.Pausing;
using MassTransit;

namespace HubSpotMessaging.Service.Bus;

/// <summary>Whether the broker is there and every queue is consumed, except those that the line has stopped.</summary>
/// <param name="bus">The bus.</param>
/// <param name="endpoints">What the line has stopped.</param>
/// <param name="watch">Null when the bus has no broker.</param>
internal sealed class BrokerHealth(IBusControl bus, EndpointSwitch endpoints, BrokerWatch? watch = null)
{
    /// <summary>Whether the broker is there.</summary>
    public bool IsReachable => watch?.IsThere != false;

    public (BusHealthStatus Status, string Description) Look()
    {
        if (!IsReachable)
            return (BusHealthStatus.Unhealthy, "cannot be reached");

        var health = bus.CheckHealth();
        var isWell = health.Status == BusHealthStatus.Healthy
            || health.Endpoints.Values.All(endpoint => endpoint.Status == BusHealthStatus.Healthy || endpoints.HasStopped(endpoint.InputAddress));
        return isWell ? (BusHealthStatus.Healthy, "answers") : (health.Status, health.Description);
    }
}
