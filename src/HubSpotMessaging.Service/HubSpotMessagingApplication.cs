using HubSpotMessaging.HubSpot;
using HubSpotMessaging.Service.Announcements;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.DeadLetters;
using HubSpotMessaging.Service.Health;
using HubSpotMessaging.Service.OAuth;
using HubSpotMessaging.Service.OperatorConsole;
using HubSpotMessaging.Service.Operators;
using HubSpotMessaging.Service.Pausing;
using HubSpotMessaging.Service.Startup;
using HubSpotMessaging.Service.Telemetry;
using MassTransit;
using StackExchange.Redis;

namespace HubSpotMessaging.Service;

/// <summary>What the service is made of.</summary>
public static class HubSpotMessagingApplication
{
    /// <summary>Adds the whole service.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="bus">Another bus than RabbitMQ, for a process that has its own. It needs delayed redelivery, for commands that wait.</param>
    public static WebApplicationBuilder AddHubSpotMessaging(this WebApplicationBuilder builder, Action<IBusRegistrationConfigurator>? bus = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;

        builder.AddTelemetry();
        services.AddSettings();
        services.AddSingleton<IConnectionMultiplexer>(provider => ConnectionMultiplexer.Connect(provider.GetSettings<ServerOptions>().RedisConfiguration()));

        services.AddHubSpot();

        services.AddOperators(); // Before the bus, so that at the end what its last commands came to is counted.
        services.AddCommandBus(bus);
        services.AddPausing();
        services.AddDeadLetters(onRabbitMq: bus is null);
        services.AddAnnouncements(); // After the bus, so that what is announced finds one.

        services.AddSingleton<OAuthStates>();
        services.AddSingleton<Endings>();
        services.AddSingleton<OAuthBootstrap>();
        services.AddSingleton<ConnectionReader>();
        services.AddReadiness();
        return builder;
    }

    /// <summary>Maps the pages and endpoints.</summary>
    public static WebApplication MapHubSpotMessaging(this WebApplication app)
    {
        app.MapConnectionPage();
        app.MapOAuth();
        app.MapOperatorApi();
        app.MapConsole();
        app.MapHealth();
        app.MapTelemetry();
        return app;
    }
}
