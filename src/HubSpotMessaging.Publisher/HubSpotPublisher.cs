using HubSpotMessaging.Contracts;
using MassTransit;

namespace HubSpotMessaging.Publisher;

internal sealed class HubSpotPublisher(IPublishEndpoint bus, ISendEndpointProvider endpoints, TimeProvider time) : IHubSpotPublisher
{
    /// <summary>An exchange and not a queue: whoever sends to a queue declares it, and must know its arguments.</summary>
    private static readonly Uri Bulk = new("exchange:hubspot-sync-contact-bulk");

    /// <summary>How far clocks may disagree: as much as HubSpotMessaging allows.</summary>
    private static readonly TimeSpan FurthestFuture = TimeSpan.FromMinutes(5);

    /// <summary>The broker confirms also what it has no queue for, unless it is told to return it.</summary>
    private static readonly IPipe<SendContext> NothingVanishes = Pipe.Execute<SendContext>(context =>
    {
        if (context.TryGetPayload<RabbitMqSendContext>(out var message))
            message.Mandatory = true;
    });

    public async Task PublishAsync(IHubSpotCommand command, CancellationToken cancellationToken = default)
    {
        EnsureDeliverable(command);
        await bus.Publish(command, command.GetType(), NothingVanishes, cancellationToken).ConfigureAwait(false);
    }

    public async Task PublishBulkAsync(SyncContact command, CancellationToken cancellationToken = default)
    {
        EnsureDeliverable(command);
        var exchange = await endpoints.GetSendEndpoint(Bulk).ConfigureAwait(false);
        await exchange.Send(command, NothingVanishes, cancellationToken).ConfigureAwait(false);
    }

    private void EnsureDeliverable(IHubSpotCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var errors = command.Validate().Select(error => error.Message).ToList();
        if (command is { CommandId: null } and not SyncContact)
            errors.Add("commandId is missing: published again, this would be done twice.");
        if (command.OccurredAt > time.GetUtcNow() + FurthestFuture)
            errors.Add($"occurredAt is {command.OccurredAt:u}, more than five minutes in the future.");
        if (command.ExpiresAt <= time.GetUtcNow() && command is not EnrollInWorkflow) // Which may have been done before, and is answered then.
            errors.Add($"The command expired at {command.ExpiresAt:u}.");
        if (errors.Count > 0)
            throw new ArgumentException($"This {command.GetType().Name} would be rejected: {string.Join(' ', errors)}", nameof(command));
    }
}
