namespace HubSpotMessaging.Contracts;

/// <summary>A <see cref="PostTimelineEvent"/> did its work.</summary>
public sealed record TimelineEventPosted : ICommandOutcome
{
    /// <inheritdoc />
    public string? CommandId { get; init; }

    /// <inheritdoc />
    public Guid? MessageId { get; init; }

    /// <inheritdoc />
    public long? PortalId { get; init; }

    /// <inheritdoc />
    public DateTimeOffset OccurredAt { get; init; }

    /// <summary>The event template or event type, as the command named it.</summary>
    public required string EventType { get; init; }

    /// <summary>The event's id at HubSpot: the command's idempotency key.</summary>
    public required string EventId { get; init; }
}
