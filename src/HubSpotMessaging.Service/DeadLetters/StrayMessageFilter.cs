using MassTransit;
using MassTransit.Middleware.Rescue;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// A message of a type that its queue does not take goes to the dead letters too, where somebody looks, and not to a queue of its own.
/// </summary>
internal sealed class StrayMessageFilter(IPipe<ExceptionReceiveContext> deadLetters) : IFilter<ReceiveContext>
{
    public Task Send(ReceiveContext context, IPipe<ReceiveContext> next) => deadLetters.Send(new RescueExceptionReceiveContext(
        context, new MessageException(typeof(object), "The message is of a type that this queue does not take.")));

    public void Probe(ProbeContext context) => context.CreateFilterScope("strayMessage");
}
