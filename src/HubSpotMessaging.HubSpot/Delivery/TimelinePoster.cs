using HubSpotMessaging.HubSpot.Api.Timeline;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>Posts timeline events. The event's id makes it safe to post one again.</summary>
public sealed class TimelinePoster(TimelineClient timeline, Patience patience)
{
    /// <summary>Posts an event.</summary>
    /// <exception cref="DeliveryRefusedException">HubSpot refused it, or does not tell.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    public async Task PostAsync(TimelineEvent timelineEvent, CancellationToken cancellationToken)
    {
        var answer = await patience.SendAsync(() => timeline.PostAsync(timelineEvent, permit: null, CancellationToken.None), repeatable: true, cancellationToken);
        if (!answer.Succeeded)
            throw DeliveryRefusedException.For(answer);
    }
}
