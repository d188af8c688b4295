using System.Runtime.ExceptionServices;
using HubSpotMessaging.HubSpot.Delivery;
using MassTransit;
using RabbitMQ.Client.Exceptions;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// Keeps out of the dead letters what failed for no fault of its own: HubSpot could not be asked, the process is ending, or the
/// broker or Redis went away under it. Thrown on, the exception makes the transport give the message back to its queue.
/// </summary>
internal sealed partial class ReturnToQueueFilter(ILogger<ReturnToQueueFilter> logger) : IFilter<ExceptionReceiveContext>
{
    public Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        if (!IsNoFaultOfTheMessage(context.Exception))
            return next.Send(context);

        LogReturned(context.InputAddress.AbsolutePath, context.Exception.GetType().Name);
        ExceptionDispatchInfo.Throw(context.Exception);
        return Task.CompletedTask;
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("returnToQueue");

    private static bool IsNoFaultOfTheMessage(Exception exception) => exception is
        DeliveryPostponedException
        or OperationCanceledException or ConsumerCanceledException // MassTransit's own for a cancellation by anybody but itself.
        or ConnectionException or TransportException or TransportUnavailableException or MessageReturnedException or RabbitMQClientException
        or RedisException or RedisTimeoutException;

    [LoggerMessage(LogLevel.Information, "A message returns to {Queue}: {Exception}")]
    private partial void LogReturned(string queue, string exception);
}
