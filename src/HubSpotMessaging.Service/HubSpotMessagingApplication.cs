using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.Health;
using HubSpotMessaging.Service.OAuth;
using HubSpotMessaging.Service.Operators;
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
    /// <param name="bus">Another bus than RabbitMQ, for a process that has its own.</param>
    public static WebApplicationBuilder AddHubSpotMessaging(this WebApplicationBuilder builder, Action<IBusRegistrationConfigurator>? bus = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;

        builder.AddSafeLogging();
        services.AddSettings();
        services.AddSingleton<IConnectionMultiplexer>(provider => ConnectionMultiplexer.Connect(provider.GetSettings<ServerOptions>().RedisConfiguration()));

        services.AddHubSpot();
        services.AddSingleton<AddressHash>();
        services.AddSingleton<AuthorizationAnnouncer>();
        services.AddSingleton<IAuthorizationEvents>(provider => provider.GetRequiredService<AuthorizationAnnouncer>());

        services.AddCommandBus(bus);
        services.AddHostedService<AuthorizationWatch>(); // After the bus, so that what it announces finds one.

        services.AddSingleton<OperatorGuard>();
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
        app.MapDisconnect();
        app.MapHealth();
        return app;
    }
}
