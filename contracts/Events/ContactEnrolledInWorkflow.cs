namespace HubSpotMessaging.Contracts;

/// <summary>An <see cref="EnrollInWorkflow"/> did its work.</summary>
public sealed record ContactEnrolledInWorkflow : ICommandOutcome
{
    /// <inheritdoc />
    public string? CommandId { get; init; }

    /// <inheritdoc />
    public Guid? MessageId { get; init; }

    /// <inheritdoc />
    public long? PortalId { get; init; }

    /// <inheritdoc />
    public DateTimeOffset OccurredAt { get; init; }

    /// <summary>The contact's e-mail address, trimmed and lower-cased.</summary>
    public required string Email { get; init; }

    /// <summary>The contact's record id at HubSpot.</summary>
    public required string ContactId { get; init; }

    /// <summary>The workflow as the command named it.</summary>
    public required string Workflow { get; init; }

    /// <summary>The id under which HubSpot's enrolment API knows the workflow.</summary>
    public required string WorkflowId { get; init; }
}
