using HubSpotMessaging.Publisher;
using MassTransit;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what publishes commands for HubSpot.</summary>
public static class HubSpotMessagingPublisherExtensions
{
    /// <summary>
    /// Adds <see cref="IHubSpotPublisher"/>, to an application that has MassTransit with RabbitMQ: scoped as the <see cref="IPublishEndpoint"/> that it
    /// publishes over, so that within a consumer it continues the conversation, and with an outbox it publishes with the transaction. Whoever wants
    /// to be answered asks with an <c>IRequestClient&lt;SyncContact&gt;</c>, which MassTransit itself adds for every command.
    /// </summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddHubSpotMessagingPublisher(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddScoped<IHubSpotPublisher, HubSpotPublisher>();
        return services;
    }
}
