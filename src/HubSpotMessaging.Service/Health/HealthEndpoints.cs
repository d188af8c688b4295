using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.OAuth;
using MassTransit;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.Health;

/// <summary>
/// Liveness and readiness. A missing authorization or a paused line is told but does not make a replica unready: the callback that
/// ends it must be reachable.
/// </summary>
internal static class HealthEndpoints
{
    public const string ReadyPath = "/health/ready";

    private const string Ready = "ready";

    public static void AddReadiness(this IServiceCollection services) => services
        .AddHealthChecks()
        .AddCheck<RedisHealthCheck>("redis", HealthStatus.Unhealthy, [Ready], TimeSpan.FromSeconds(5))
        .AddCheck<BrokerHealthCheck>("broker", HealthStatus.Unhealthy, [Ready])
        .AddCheck<AuthorizationHealthCheck>("authorization", HealthStatus.Degraded, [Ready], TimeSpan.FromSeconds(5))
        .AddCheck<LineHealthCheck>("line", HealthStatus.Degraded, [Ready]);

    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync });
        app.MapHealthChecks(ReadyPath, new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready), ResponseWriter = WriteAsync });
    }

    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(new
    {
        Status = report.Status.ToString(),
        Checks = report.Entries.ToDictionary(
            entry => entry.Key,
            entry => new { Status = entry.Value.Status.ToString(), entry.Value.Description }),
    });
}

internal sealed class RedisHealthCheck(IConnectionMultiplexer redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy("answers");
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException or OperationCanceledException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "does not answer");
        }
    }
}

internal sealed class BrokerHealthCheck(BrokerHealth broker) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (status, description) = broker.Look();
        return Task.FromResult(new HealthCheckResult(
            status switch
            {
                BusHealthStatus.Healthy => HealthStatus.Healthy,
                BusHealthStatus.Degraded => HealthStatus.Degraded,
                _ => context.Registration.FailureStatus,
            },
            description));
    }
}

/// <summary>Why commands wait, if they do. No more than that, since anybody can ask.</summary>
internal sealed class LineHealthCheck(DeliveryLine line) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(line.Reasons is { Count: > 0 } reasons
            ? new(context.Registration.FailureStatus, $"paused: {string.Join(", ", reasons.Select(reason => reason.Scope is null ? reason.Reason : $"{reason.Reason} ({reason.Scope})"))}")
            : HealthCheckResult.Healthy("open"));
}

/// <summary>Anybody can ask for readiness, so it names no account.</summary>
internal sealed class AuthorizationHealthCheck(ConnectionReader reader, IOptions<HubSpotOptions> options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var connection = await reader.ReadAsync(cancellationToken);
        var description = $"{connection.Title}. {connection.Sentence}";
        if (connection.WantsConnecting)
            description += $" {options.Value.ConnectAddress}";
        return new HealthCheckResult(connection is Connection.Connected ? HealthStatus.Healthy : context.Registration.FailureStatus, description);
    }
}
