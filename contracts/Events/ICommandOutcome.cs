namespace HubSpotMessaging.Contracts;

/// <summary>
/// What every outcome of a command carries. Outcomes are published at least once, and the second of two has the same message id;
/// without a crash in between, exactly once.
/// </summary>
public interface ICommandOutcome
{
    /// <summary>The command's idempotency key: its own <see cref="IHubSpotCommand.CommandId"/>, else its first message id.</summary>
    string? CommandId { get; }

    /// <summary>The message id of the command, when it had one.</summary>
    Guid? MessageId { get; }

    /// <summary>The HubSpot account (portal) that this installation serves, as far as it is known.</summary>
    long? PortalId { get; }

    /// <summary>When what the command said became true, as it was resolved.</summary>
    DateTimeOffset OccurredAt { get; }
}
