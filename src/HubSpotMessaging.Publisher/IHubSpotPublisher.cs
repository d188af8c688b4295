using HubSpotMessaging.Contracts;
using MassTransit;

namespace HubSpotMessaging.Publisher;

/// <summary>Publishes commands for HubSpot, over the bus of the application.</summary>
public interface IHubSpotPublisher
{
    /// <summary>Publishes a command. When this returns, it is safe in the queue of HubSpotMessaging.</summary>
    /// <param name="command">
    /// The command. An <see cref="EnrollInWorkflow"/> and a <see cref="PostTimelineEvent"/> need a <see cref="IHubSpotCommand.CommandId"/> here:
    /// published again without one, they would be other commands, and done twice.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for the broker.</param>
    /// <exception cref="ArgumentException">
    /// HubSpotMessaging would reject the command; the message tells why. So it is, by the clock of this machine, with one that occurred more than five
    /// minutes in the future, or has expired and is no enrolment. Nothing is published.
    /// </exception>
    /// <exception cref="MessageReturnedException">There is no queue for it: HubSpotMessaging has never been started on this broker.</exception>
    Task PublishAsync(IHubSpotCommand command, CancellationToken cancellationToken = default);

    /// <summary>Publishes a command of a backfill, which leaves room for what is urgent.</summary>
    /// <inheritdoc cref="PublishAsync" path="/exception"/>
    Task PublishBulkAsync(SyncContact command, CancellationToken cancellationToken = default);
}
