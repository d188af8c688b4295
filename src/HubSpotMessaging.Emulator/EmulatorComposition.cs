using HubSpotMessaging.Emulator.Accounts;
using HubSpotMessaging.Emulator.Contacts;
using HubSpotMessaging.Emulator.Control;
using HubSpotMessaging.Emulator.Faults;
using HubSpotMessaging.Emulator.Limits;
using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Recording;
using HubSpotMessaging.Emulator.Timeline;
using HubSpotMessaging.Emulator.Wire;
using HubSpotMessaging.Emulator.Workflows;

namespace HubSpotMessaging.Emulator;

/// <summary>What the emulator is made of, whether it runs by itself or inside a test.</summary>
internal static class EmulatorComposition
{
    public static IServiceCollection AddEmulator(this IServiceCollection services, EmulatorOptions options)
    {
        var settings = options.Settings.Copy();
        services.AddRouting();
        services.ConfigureHttpJsonOptions(json => HubSpotJson.Configure(json.SerializerOptions));
        // Calls that a fault holds go on when the server stops; nobody should wait longer for them.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));

        services.AddSingleton(options);
        services.AddSingleton(options.TimeProvider);
        services.AddSingleton(settings);
        services.AddState<Era>(); // The first to be reset: what is still on its way shall not find everything new.
        services.AddSingleton<IResettable>(new SettingsReset(settings));
        services.AddSingleton<TokenIntrospection>();
        services.AddSingleton<ContactBatch>();
        services.AddSingleton<EventReader>();
        services.AddSingleton<EventAdder>();
        return services
            .AddState<AccountRegistry>()
            .AddState<PropertyRegistry>()
            .AddState<WorkflowRegistry>()
            .AddState<EventTemplateRegistry>()
            .AddState<EventTypeRegistry>()
            .AddState<GrantBook>()
            .AddState<ContactDirectory>()
            .AddState<EnrollmentLog>()
            .AddState<TimelineLog>()
            .AddState<RateLimiter>()
            .AddState<CallLog>()
            .AddState(new FaultBook());
    }

    public static WebApplication UseEmulator(this WebApplication app)
    {
        app.UseWhen(IsHubSpots, hubSpot => hubSpot
            .UseMiddleware<RecordingMiddleware>()
            .UseMiddleware<RefusalMiddleware>()
            .UseMiddleware<BodyMiddleware>()
            .UseMiddleware<CallerMiddleware>()
            .UseMiddleware<ConnectionFaultMiddleware>()
            .UseMiddleware<CallerMiddleware>()); // Again: while the call was held, its token may have died.
        app.UseMiddleware<RefusalMiddleware>();
        app.UseRouting();
        app.UseWhen(IsHubSpots, hubSpot => hubSpot
            .UseMiddleware<RateLimitMiddleware>()
            .UseMiddleware<ServiceFaultMiddleware>()
            .UseMiddleware<AccessMiddleware>());

        app.MapAuthorize();
        app.MapTokens();
        app.MapContacts();
        app.MapWorkflows();
        app.MapTimeline();
        app.MapAppEvents();
        app.MapControl();
        // No MapFallback, which leaves out what looks like a file: "/.../contacts/ada@example.com".
        app.Map("{*path}", IResult () => throw RefusedException.Missing("resource not found")).WithOrder(int.MaxValue);
        return app;
    }

    private static bool IsHubSpots(HttpContext context) => !context.Request.Path.StartsWithSegments("/emulator", StringComparison.Ordinal);

    private static IServiceCollection AddState<T>(this IServiceCollection services, T? instance = null)
        where T : class, IResettable
    {
        if (instance is null) services.AddSingleton<T>();
        else services.AddSingleton(instance);
        return services.AddSingleton<IResettable>(provider => provider.GetRequiredService<T>());
    }

    private sealed class SettingsReset(EmulatorSettings live) : IResettable
    {
        private readonly EmulatorSettings _initial = live.Copy();

        public void Reset() => live.Change(_ => _initial);
    }
}
