using HubSpotMessaging.HubSpot.Line;
using MassTransit;

namespace HubSpotMessaging.Service.Pausing;

/// <summary>Stops and starts the consumption of queues as the line says.</summary>
internal sealed class EndpointSwitch(DeliveryLine line, TimeProvider time, ILogger<EndpointSwitch> logger) : BackgroundService
{
    private readonly List<PausableEndpoint> _endpoints = [];

    /// <summary>Puts a queue under the switch. While the bus is being configured.</summary>
    public void Add<TCommand>(string queue, IReceiveEndpointConfigurator configurator)
    {
        var endpoint = new PausableEndpoint(queue, typeof(TCommand).Name, line, time, logger);
        configurator.ConnectReceiveEndpointObserver(endpoint);
        _endpoints.Add(endpoint);
    }

    /// <summary>Whether the queue at an address has been stopped here.</summary>
    public bool HasStopped(Uri address) => _endpoints.Exists(endpoint => endpoint.HasStopped(address));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_endpoints.Select(endpoint => endpoint.FollowAsync(stoppingToken)));
}

internal static class PausingExtensions
{
    public static void AddPausing(this IServiceCollection services)
    {
        services.AddSingleton<EndpointSwitch>();
        services.AddHostedService(provider => provider.GetRequiredService<EndpointSwitch>());
    }
}
