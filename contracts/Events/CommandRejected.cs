namespace HubSpotMessaging.Contracts;

/// <summary>
/// A command ended as a dead letter: it stands in the <c>_error</c> queue beside its queue, for an operator to correct and replay.
/// </summary>
public sealed record CommandRejected : ICommandOutcome
{
    /// <inheritdoc />
    public string? CommandId { get; init; }

    /// <inheritdoc />
    public Guid? MessageId { get; init; }

    /// <inheritdoc />
    public long? PortalId { get; init; }

    /// <inheritdoc />
    public DateTimeOffset OccurredAt { get; init; }

    /// <summary>The command's type, such as <c>SyncContact</c>.</summary>
    public required string CommandType { get; init; }

    /// <summary>HubSpot's category (such as <c>VALIDATION_ERROR</c>), or one of <see cref="RejectionCategories"/>.</summary>
    public required string Category { get; init; }

    /// <summary>Why, in words; HubSpot's where HubSpot refused.</summary>
    public required string Message { get; init; }

    /// <summary>What is wrong with single fields or contact properties, as far as it is known.</summary>
    public IReadOnlyList<CommandError> Errors { get; init; } = [];

    /// <summary>HubSpot's correlation id, for its support; null where HubSpot was not asked.</summary>
    public string? CorrelationId { get; init; }
}

/// <summary>The categories of rejections that are not HubSpot's.</summary>
public static class RejectionCategories
{
    /// <summary>The command breaks a rule that needs no HubSpot to be checked.</summary>
    public const string InvalidCommand = "INVALID_COMMAND";

    /// <summary>The command's <see cref="IHubSpotCommand.ExpiresAt"/> passed before it could be delivered.</summary>
    public const string Expired = "EXPIRED";

    /// <summary>The command has neither a command id nor a message id, and doing it twice would be wrong.</summary>
    public const string NoIdempotencyKey = "NO_IDEMPOTENCY_KEY";

    /// <summary>The workflow is neither an id nor a configured name, or HubSpot knows no workflow for the flow id.</summary>
    public const string UnknownWorkflow = "UNKNOWN_WORKFLOW";

    /// <summary>HubSpot has no contact with the address to enrol.</summary>
    public const string ContactNotFound = "CONTACT_NOT_FOUND";

    /// <summary>HubSpot answered without saying what became of the command, again and again.</summary>
    public const string NoOutcome = "NO_OUTCOME";

    /// <summary>Whether it was done is not known, and doing it twice would be wrong.</summary>
    public const string OutcomeUnknown = "OUTCOME_UNKNOWN";
}
