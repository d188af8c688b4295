using System.Runtime.ExceptionServices;
using HubSpotMessaging.HubSpot.Delivery;
using MassTransit;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// Keeps out of the dead letters what failed for no fault of its own: HubSpot could not be asked, or the process is ending. Thrown
/// on, the exception makes the transport give the message back to its queue.
/// </summary>
internal sealed class ReturnToQueueFilter : IFilter<ExceptionReceiveContext>
{
    public Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        // MassTransit turns a cancellation by anybody but itself into an exception of its own.
        if (context.Exception is DeliveryPostponedException or ConsumerCanceledException or OperationCanceledException)
            ExceptionDispatchInfo.Throw(context.Exception);

        return next.Send(context);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("returnToQueue");
}
