using HubSpotMessaging.Service.Startup;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// Whether RabbitMQ is there, by a connection that is kept for nothing else: MassTransit does not notice as long as all queues are paused, and
/// else says no more than that it connects again.
/// </summary>
internal sealed class BrokerWatch(IOptions<ServerOptions> servers, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(2);

    private bool _isThere;

    public bool IsThere => Volatile.Read(ref _isThere);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WatchAsync(stoppingToken);
            }
#pragma warning disable CA1031 // Whatever is in the way, it is tried again.
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
            }

            Volatile.Write(ref _isThere, false);
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
        Volatile.Write(ref _isThere, connection.IsOpen);
        if (IsThere)
            await ended.Task.WaitAsync(cancellationToken);
    }
}
