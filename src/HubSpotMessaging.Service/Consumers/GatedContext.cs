using HubSpotMessaging.HubSpot.Delivery;
using MassTransit;
using MassTransit.Context;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>
/// Leaves it to the gate to answer whoever asked: MassTransit would answer every failure of a consumer with a fault of its own, also
/// when the command goes on.
/// </summary>
internal sealed class GatedContext<T>(ConsumeContext<T> context) : ConsumeContextProxy<T>(context)
    where T : class
{
    public override Task NotifyFaulted<TMessage>(ConsumeContext<TMessage> context, TimeSpan duration, string consumerType, Exception exception) =>
        exception is DeliveryRefusedException or DeliveryMustWaitException or DeliveryPostponedException
            ? Task.CompletedTask
            : base.NotifyFaulted(context, duration, consumerType, exception);
}
