using HubSpotMessaging.HubSpot.Authorization;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.Health;

/// <summary>
/// Liveness and readiness. A missing authorization is told but does not make a replica unready: the callback that ends it must be
/// reachable.
/// </summary>
internal static class HealthEndpoints
{
    public const string ReadyPath = "/health/ready";

    private const string Ready = "ready";

    public static void AddReadiness(this IServiceCollection services) => services
        .AddHealthChecks()
        .AddCheck<RedisHealthCheck>("redis", HealthStatus.Unhealthy, [Ready], TimeSpan.FromSeconds(5))
        .AddCheck<AuthorizationHealthCheck>("authorization", HealthStatus.Degraded, [Ready], TimeSpan.FromSeconds(5));

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

internal sealed class AuthorizationHealthCheck(TokenStore tokens) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await tokens.ReadAsync().WaitAsync(cancellationToken) switch
            {
                { Tokens: null } => new(context.Registration.FailureStatus, "not yet connected: an operator opens /oauth/start"),
                { Loss: { } loss } => new(context.Registration.FailureStatus, $"lost ({loss}): an operator opens /oauth/start"),
                var known => HealthCheckResult.Healthy($"connected to account {known.PortalId?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "unknown"}"),
            };
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException or OperationCanceledException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "unknown: Redis does not answer");
        }
    }
}
