using HubSpotMessaging.HubSpot;
using HubSpotMessaging.Service.OAuth;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
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

/// <summary>Anybody can ask for readiness, so it names no account.</summary>
internal sealed class AuthorizationHealthCheck(ConnectionReader reader, IOptions<HubSpotOptions> options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var connection = await reader.ReadAsync(cancellationToken);
        var description = $"{connection.Title}. {connection.Sentence}";
        if (connection.WantsConnecting)
            description += $" {new Uri(options.Value.RedirectUri!, "start")}";
        return new HealthCheckResult(connection is Connection.Connected ? HealthStatus.Healthy : context.Registration.FailureStatus, description);
    }
}
