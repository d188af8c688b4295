using HubSpotMessaging.Service.Startup;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// Whether RabbitMQ is there, by a connection that is kept for nothing else: MassTransit does not notice as long as all queues are paused, and
/// else says no more than that it connects again.
/// </summary>
internal sealed partial class BrokerWatch(
    IOptions<ServerOptions> servers, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<BrokerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ConnectingMayTake = TimeSpan.FromSeconds(10);

    private bool _isThere;
    private string? _missed;

    public bool IsThere => Volatile.Read(ref _isThere);

    /// <summary>
    /// Until a connection like this can be had, or the process ends. The bus waits for it before each of its own: it would wait longer after every
    /// failure, half a minute in the end, however soon RabbitMQ is back, and after a refused password for ever.
    /// </summary>
    public async Task UntilConnectableAsync(ConnectionFactory factory)
    {
        var stopping = lifetime.ApplicationStopping;
        while (!stopping.IsCancellationRequested && !await SucceedsAsync(TryAsync, stopping))
            await PauseAsync(stopping);

        async Task TryAsync(CancellationToken cancellationToken)
        {
            await using var trial = await factory.CreateConnectionAsync([new Uri(servers.Value.RabbitMq).Host], "HubSpotMessaging trial", cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await SucceedsAsync(WatchAsync, stoppingToken);
            await PauseAsync(stoppingToken);
        }
    }

    private async Task<bool> SucceedsAsync(Func<CancellationToken, Task> attempt, CancellationToken stopping)
    {
        try
        {
            await attempt(stopping);
            return true;
        }
#pragma warning disable CA1031 // Whatever is in the way, it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!stopping.IsCancellationRequested)
                Miss(exception);
            return false;
        }
    }

    private async Task PauseAsync(CancellationToken stopping) =>
        await Task.Delay(BetweenAttempts, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var factory = BrokerAddress.NewFactory(new(servers.Value.RabbitMq));
        (factory.RequestedHeartbeat, factory.RequestedConnectionTimeout) = (TimeSpan.FromSeconds(10), ConnectingMayTake);
        await using var connection = await factory.CreateConnectionAsync("HubSpotMessaging health", cancellationToken);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, _) =>
        {
            ended.TrySetResult();
            return Task.CompletedTask;
        };
        if (Interlocked.Exchange(ref _missed, null) is not null)
            LogFound();
        try
        {
            Volatile.Write(ref _isThere, connection.IsOpen);
            if (connection.IsOpen)
                await ended.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _isThere, false);
        }
    }

    /// <summary>Says why, and nothing while it stays the same.</summary>
    private void Miss(Exception exception)
    {
        var (type, message) = (exception.GetBaseException().GetType().Name, exception.GetBaseException().Message);
        if (Interlocked.Exchange(ref _missed, $"{type}: {message}") != $"{type}: {message}")
            LogMissed(type, message);
    }

    [LoggerMessage(LogLevel.Warning, "RabbitMQ cannot be reached: {Exception}: {Message}")]
    private partial void LogMissed(string exception, string message);

    [LoggerMessage(LogLevel.Information, "RabbitMQ can be reached again")]
    private partial void LogFound();
}
