using HubSpotMessaging.HubSpot.Line;
using MassTransit;

namespace HubSpotMessaging.Service.Pausing;

/// <summary>
/// A queue's consumer that stops while its commands are not delivered, so that they wait in the queue, and starts again by itself.
/// </summary>
internal sealed partial class PausableEndpoint(string queue, string command, DeliveryLine line, TimeProvider time, ILogger logger) : IReceiveEndpointObserver
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<IReceiveEndpoint> _endpoint = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isRunning = true;

    /// <summary>Whether it has been stopped here, and is not just out of order.</summary>
    public bool HasStopped(Uri address) => !Volatile.Read(ref _isRunning) && address.AbsolutePath.EndsWith($"/{queue}", StringComparison.Ordinal);

    /// <summary>Follows the line. Never called by a consumer of the endpoint, for whose end a stop waits.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var endpoint = await _endpoint.Task.WaitAsync(cancellationToken);
        while (true)
        {
            var changed = line.Changed;
            try
            {
                if (line.IsOpenFor(command) == _isRunning)
                    await changed.WaitAsync(cancellationToken);
                else if (_isRunning)
                    await StopAsync(endpoint);
                else
                    await StartAsync(endpoint, changed, cancellationToken);
            }
#pragma warning disable CA1031 // Whatever the broker has, the endpoint must be found as the line wants it in the end.
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(queue, exception.GetType().Name);
                await Task.Delay(AfterFailure, time, cancellationToken);
            }
        }
    }

    public Task Ready(ReceiveEndpointReady ready)
    {
        _endpoint.TrySetResult(ready.ReceiveEndpoint);
        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;

    /// <summary>
    /// What has been sent is finished; what waits is cancelled by the line, and returns to the queue. Not cut short at the end of the
    /// process: the bus would wait for an endpoint whose stop was given up, as long as it waits at all.
    /// </summary>
    private async Task StopAsync(IReceiveEndpoint endpoint)
    {
        await endpoint.Stop(CancellationToken.None);
        _isRunning = false;
        LogStopped(queue);
    }

    private async Task StartAsync(IReceiveEndpoint endpoint, Task changed, CancellationToken cancellationToken)
    {
        var start = endpoint.Start(cancellationToken);
        _isRunning = true;
        await Task.WhenAny(start.Ready, changed).WaitAsync(cancellationToken); // Without a broker it may take long, and a pause come first.
        LogStarted(queue);
    }

    [LoggerMessage(LogLevel.Information, "{Queue} is not consumed for the time being")]
    private partial void LogStopped(string queue);

    [LoggerMessage(LogLevel.Information, "{Queue} is consumed again")]
    private partial void LogStarted(string queue);

    [LoggerMessage(LogLevel.Warning, "{Queue} could not be stopped or started: {Exception}")]
    private partial void LogFailed(string queue, string exception);
}
