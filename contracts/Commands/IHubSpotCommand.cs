namespace HubSpotMessaging.Contracts;

/// <summary>What every command to HubSpot carries.</summary>
public interface IHubSpotCommand
{
    /// <summary>
    /// The publisher's own name for this command, such as <c>order-8842-shipped</c>: its idempotency key. At most 200 characters.
    /// Publishing the same key again is the same command again. Without it the message id takes its place.
    /// </summary>
    string? CommandId { get; }

    /// <summary>
    /// When what the command says became true, for ordering: an older value never overwrites a newer one. At most five minutes in
    /// the future. Without it the time the message was sent counts.
    /// </summary>
    DateTimeOffset? OccurredAt { get; }

    /// <summary>After this moment the command is not delivered any more but rejected as expired. Never, when absent.</summary>
    DateTimeOffset? ExpiresAt { get; }

    /// <summary>
    /// What is wrong with this command, as far as that can be told without asking HubSpot; empty when nothing is. A publisher may
    /// ask before publishing; the service asks again and rejects.
    /// </summary>
    IReadOnlyList<CommandError> Validate();
}
