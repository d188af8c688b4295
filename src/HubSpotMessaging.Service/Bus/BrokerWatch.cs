using HubSpotMessaging.Service.Startup;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// Whether RabbitMQ is there, by a connection that is kept for nothing else: MassTransit does not notice as long as all queues are paused, and
/// else says no more than that it connects again.
/// </summary>
internal sealed partial class BrokerWatch(
    IOptions<ServerOptions> servers, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<BrokerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(2);

    private TaskCompletionSource _found = NewSignal();
    private bool _isMissed;

    public bool IsThere => Volatile.Read(ref _found).Task.IsCompleted;

    /// <summary>
    /// Until RabbitMQ is there, or the process ends. Whoever connects waits for it, since MassTransit would wait longer after each failure, and
    /// half a minute in the end, however soon RabbitMQ is back.
    /// </summary>
    public async Task UntilThereAsync() =>
        await Volatile.Read(ref _found).Task.WaitAsync(lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WatchAsync(stoppingToken);
            }
#pragma warning disable CA1031 // Whatever is in the way, it is tried again.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (!_isMissed && !stoppingToken.IsCancellationRequested)
                    LogMissed(exception.GetBaseException().GetType().Name, exception.GetBaseException().Message);
                _isMissed = true;
            }

            await Task.Delay(BetweenAttempts, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var factory = BrokerAddress.NewFactory(new(servers.Value.RabbitMq));
        factory.RequestedHeartbeat = TimeSpan.FromSeconds(10);
        await using var connection = await factory.CreateConnectionAsync("HubSpotMessaging health", cancellationToken);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, _) =>
        {
            ended.TrySetResult();
            return Task.CompletedTask;
        };
        if (_isMissed)
            LogFound();
        _isMissed = false;
        if (!connection.IsOpen)
            return;
        Volatile.Read(ref _found).SetResult();
        await ended.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Volatile.Write(ref _found, NewSignal());
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(LogLevel.Warning, "RabbitMQ cannot be reached: {Exception}: {Message}")]
    private partial void LogMissed(string exception, string message);

    [LoggerMessage(LogLevel.Information, "RabbitMQ can be reached again")]
    private partial void LogFound();
}
