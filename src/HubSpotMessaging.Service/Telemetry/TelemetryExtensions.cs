using HubSpotMessaging.HubSpot.Telemetry;
using MassTransit.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace HubSpotMessaging.Service.Telemetry;

/// <summary>What the service tells of itself: logs, metrics for Prometheus, and all of them with traces over OTLP when it is told where to.</summary>
internal static class TelemetryExtensions
{
    /// <summary>Where Prometheus finds the metrics.</summary>
    public const string MetricsPath = "/metrics";

    /// <summary>OpenTelemetry's own name for where a collector is. Its other variables, such as those for sampling and headers, hold as well.</summary>
    public const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddSafeLogging();
        services.AddSingleton<AddressHash>();
        services.AddSingleton<Metrics>();
        services.AddSingleton<CommandsInHand>();
        services.AddHostedService<Gauges>();

        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("hubspot-messaging").AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter(Metrics.Name, HubSpotTelemetry.Name, "System.Runtime").AddPrometheusExporter());
        if (builder.Configuration[OtlpEndpoint] is not { Length: > 0 } endpoint)
            return;

        var isAddress = Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";
        services.AddOptions<OtlpSettings>().ValidateOnStart().Validate(
            _ => isAddress, $"{OtlpEndpoint} is not the address of a collector: http(s)://host:port is expected.");
        if (isAddress) // Otherwise the start ends with the message above.
            telemetry
                .WithLogging(null, logs => logs.IncludeFormattedMessage = true)
                .WithTracing(traces => traces.AddSource(Metrics.Name, HubSpotTelemetry.Name, DiagnosticHeaders.DefaultListenerName))
                .UseOtlpExporter();
    }

    public static void MapTelemetry(this WebApplication app)
    {
        app.MapPrometheusScrapingEndpoint(MetricsPath);
        app.Services.GetRequiredService<Metrics>(); // From now on somebody listens.
    }

    private sealed class OtlpSettings;
}
