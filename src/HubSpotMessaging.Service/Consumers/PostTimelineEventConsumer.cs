using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Delivery.Timeline;
using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>Carries <see cref="PostTimelineEvent"/> to HubSpot, with the idempotency key as the event's id.</summary>
internal sealed class PostTimelineEventConsumer(TimelinePoster timeline, TokenKeeper tokens, Outcomes outcomes, TimeProvider time) : IConsumer<PostTimelineEvent>
{
    public async Task Consume(ConsumeContext<PostTimelineEvent> context)
    {
        if (context.Message.HasExpired(time))
            throw context.Message.Expired();

        var command = context.Command();
        var timelineEvent = ToTimelineEvent(context.Message, command);
        await timeline.PostAsync(timelineEvent, context.Lane(), context.Waiting());

        await outcomes.AnnounceAsync(context, new TimelineEventPosted
        {
            CommandId = command.Key,
            MessageId = command.MessageId,
            PortalId = tokens.PortalId,
            OccurredAt = command.OccurredAt,
            EventType = context.Message.EventType,
            EventId = timelineEvent.Id,
        });
    }

    private static TimelineEvent ToTimelineEvent(PostTimelineEvent message, CommandIdentity command) => new()
    {
        EventTemplateId = message.EventType.Trim(),
        Id = command.Key!, // The gate lets none in without.
        Email = Given(message.Email) is { } email ? EmailAddress.Normalize(email) : null,
        ObjectId = Given(message.ObjectId)?.Trim(),
        Utk = Given(message.Utk)?.Trim(),
        Tokens = message.Tokens.ToDictionary(token => token.Key, token => token.Value!, StringComparer.Ordinal),
        Timestamp = command.OccurredAt,
        ExtraData = message.ExtraData,
        Frame = message.TimelineIFrame is { } frame
            ? new(frame.LinkLabel, frame.HeaderLabel, frame.Url, frame.Width, frame.Height)
            : null,
    };

    /// <summary>Blank is not given: HubSpot would take it for a second identity.</summary>
    private static string? Given(string? identity) => string.IsNullOrWhiteSpace(identity) ? null : identity;
}
