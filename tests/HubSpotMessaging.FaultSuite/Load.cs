using System.Collections.Concurrent;
using HubSpotMessaging.Testing;
using RabbitMQ.Client.Exceptions;

namespace HubSpotMessaging.FaultSuite;

/// <summary>
/// Publishes commands at a steady rate, each until the broker has confirmed it, as everybody should who cannot afford to lose one. A
/// confirmation that got lost means that a command is published twice.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private static readonly TimeSpan ConfirmMayTake = TimeSpan.FromSeconds(5);

    private readonly AmqpClient _bus;
    private readonly ConcurrentBag<Task> _publishing = [];
    private readonly ConcurrentQueue<Order> _orders = new();
    private readonly CancellationTokenSource _enough = new();
    private readonly CancellationToken _stop;
    private readonly Task _running;

    public Load(AmqpClient bus, int rate, CancellationToken stop)
    {
        (_bus, _stop) = (bus, stop);
        _running = RunAsync(TimeSpan.FromSeconds(1.0 / rate));
    }

    public IReadOnlyCollection<Order> Orders => _orders;

    /// <summary>Publishes no more, and returns when all that was is confirmed.</summary>
    public async Task EndAsync()
    {
        await _enough.CancelAsync();
        await _running;
        await Task.WhenAll(_publishing);
    }

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _enough.Dispose();
    }

    private async Task RunAsync(TimeSpan between)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var number = 0; !_enough.IsCancellationRequested; number++)
        {
            var order = new Order(number, TimeProvider.System.GetUtcNow());
            _orders.Enqueue(order);
            _publishing.Add(PublishAsync(order));
            var wait = (between * (number + 1)) - TimeProvider.System.GetElapsedTime(started);
            if (wait > TimeSpan.FromMilliseconds(1))
                await Task.Delay(wait, TimeProvider.System, _enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PublishAsync(Order order)
    {
        await Task.Yield();
        while (true)
        {
            try
            {
                await _bus.PublishAsync(order.Type, order.Json, timestamp: TimeProvider.System.GetUtcNow()).WaitAsync(ConfirmMayTake, TimeProvider.System, _stop);
                return;
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested && exception is RabbitMQClientException or TimeoutException or OperationCanceledException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, _stop);
            }
        }
    }
}
