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
    private TaskCompletionSource _ready = NewSignal();
    private Task _starting = Task.CompletedTask;
    private bool _isRunning = true;
    private bool _isStopping;

    /// <summary>Whether it has been stopped here, and is not just out of order.</summary>
    public bool HasStopped(Uri address) => !Volatile.Read(ref _isRunning) && address.AbsolutePath.EndsWith($"/{queue}", StringComparison.Ordinal);

    /// <summary>Follows the line. Never called by a consumer of the endpoint, for whose end a stop waits.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var endpoint = await _endpoint.Task.WaitAsync(cancellationToken);
        while (true)
        {
            var changed = line.Changed;
            var ready = Volatile.Read(ref _ready).Task;
            try
            {
                var isOpen = line.IsOpenFor(command);
                if (_isRunning && (_isStopping || _starting.IsFaulted || (!isOpen && ready.IsCompleted)))
                    await StopAsync(endpoint);
                else if (!_isRunning && isOpen)
                    Start(endpoint, cancellationToken);
                else
                    await Task.WhenAny([changed, .. ((Task[])[ready, _starting]).Where(task => !task.IsCompleted)]).WaitAsync(cancellationToken);
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
        Volatile.Read(ref _ready).TrySetResult();
        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => NotReady();

    public Task Faulted(ReceiveEndpointFaulted faulted) => NotReady();

    private Task NotReady()
    {
        if (Volatile.Read(ref _ready).Task.IsCompleted)
            Volatile.Write(ref _ready, NewSignal());
        return Task.CompletedTask;
    }

    /// <summary>
    /// What has been sent is finished; what waits is cancelled by the line, and returns to the queue. Not cut short at the end of the
    /// process: the bus would wait for an endpoint whose stop was given up, as long as it waits at all. And only once it consumes or has
    /// failed to: the stop of an endpoint that is still connecting may never end.
    /// </summary>
    private async Task StopAsync(IReceiveEndpoint endpoint)
    {
        _isStopping = true; // Also when it fails: then it is tried again.
        await endpoint.Stop(CancellationToken.None);
        (_isRunning, _isStopping) = (false, false);
        LogStopped(queue);

        var started = _starting;
        _starting = Task.CompletedTask;
        await started; // Why it failed, if it did.
    }

    /// <summary>Without a broker it may take long until it consumes, and a pause come first.</summary>
    private void Start(IReceiveEndpoint endpoint, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _ready, NewSignal());
        _starting = endpoint.Start(cancellationToken).Ready;
        _isRunning = true;
        LogStarted(queue);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(LogLevel.Information, "{Queue} is not consumed for the time being")]
    private partial void LogStopped(string queue);

    [LoggerMessage(LogLevel.Information, "{Queue} is consumed again")]
    private partial void LogStarted(string queue);

    [LoggerMessage(LogLevel.Warning, "{Queue} could not be stopped or started: {Exception}")]
    private partial void LogFailed(string queue, string exception);
}
