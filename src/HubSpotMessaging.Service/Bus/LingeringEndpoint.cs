using System.Collections.Concurrent;
using MassTransit;

namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// Lets an endpoint that stops keep its channel until the broker has taken its last <see cref="Acknowledgements"/>. MassTransit closes the
/// channel as soon as the last message has been worked at, so the last one here is at work a little longer; when there is none, the stop waits.
/// </summary>
internal sealed class LingeringEndpoint(TimeProvider time) : IReceiveObserver, IReceiveEndpointObserver
{
    private readonly Acknowledgements _acknowledgements = new(time);
    private readonly ConcurrentDictionary<ReceiveContext, bool> _atWork = new();
    private int _isStopping;
    private ConnectHandle? _observing;

    public Task Ready(ReceiveEndpointReady ready)
    {
        _observing ??= ready.ReceiveEndpoint.ConnectReceiveObserver(this);
        Volatile.Write(ref _isStopping, 0);
        return Task.CompletedTask;
    }

    public async Task Stopping(ReceiveEndpointStopping stopping)
    {
        Interlocked.Exchange(ref _isStopping, 1);
        if (_atWork.IsEmpty) // Else each of them sees, when it ends, that the endpoint stops.
            await _acknowledgements.TakenAsync();
    }

    public Task PreReceive(ReceiveContext context)
    {
        _atWork.TryAdd(context, true);
        return Task.CompletedTask;
    }

    /// <summary>It has been acknowledged.</summary>
    public Task PostReceive(ReceiveContext context)
    {
        _acknowledgements.Note();
        return EndAsync(context);
    }

    /// <summary>It is to go back to its queue.</summary>
    public Task ReceiveFault(ReceiveContext context, Exception exception) => EndAsync(context);

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;

    private Task EndAsync(ReceiveContext context)
    {
        _atWork.TryRemove(context, out _);
        return Volatile.Read(ref _isStopping) == 1 ? _acknowledgements.TakenAsync() : Task.CompletedTask;
    }
}
