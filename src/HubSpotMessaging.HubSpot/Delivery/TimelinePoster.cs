using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>Posts timeline events. The event's id makes it safe to post one again.</summary>
public sealed class TimelinePoster(TimelineClient timeline, HubSpotCaller caller)
{
    private static readonly Demand Demand = new(CallKind.Timeline, Lane.Interactive);

    /// <summary>Posts an event.</summary>
    /// <exception cref="DeliveryRefusedException">HubSpot refused it, or does not tell.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    public async Task PostAsync(TimelineEvent timelineEvent, CancellationToken cancellationToken)
    {
        var answer = await caller.SendAsync(
            Demand, Tolerance.OfRepeatable, permit => timeline.PostAsync(timelineEvent, permit, CancellationToken.None), cancellationToken);
        if (!answer.Succeeded)
            throw DeliveryRefusedException.For(answer);
    }
}
