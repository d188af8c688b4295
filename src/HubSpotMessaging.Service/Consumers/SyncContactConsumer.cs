using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Delivery;
using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>Carries <see cref="SyncContact"/> to HubSpot.</summary>
internal sealed class SyncContactConsumer(ContactWriter contacts, TokenKeeper tokens) : IConsumer<SyncContact>
{
    public async Task Consume(ConsumeContext<SyncContact> context)
    {
        var command = context.Command();
        var email = EmailAddress.Normalize(context.Message.Email);
        var written = await contacts.WriteAsync(email, context.Message.Properties, context.Waiting());

        await context.AnnounceAsync(new ContactSynced
        {
            CommandId = command.Key,
            MessageId = command.MessageId,
            PortalId = tokens.PortalId,
            OccurredAt = command.OccurredAt,
            Email = email,
            ContactId = written.Id,
            Result = written.IsNew ? ContactSyncResult.Created : ContactSyncResult.Updated,
        });
    }
}
