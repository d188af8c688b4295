using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Delivery.Contacts;
using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>Carries <see cref="SyncContact"/> to HubSpot.</summary>
internal sealed class SyncContactConsumer(ContactWriter contacts, TokenKeeper tokens, Outcomes outcomes, TimeProvider time) : IConsumer<SyncContact>
{
    public async Task Consume(ConsumeContext<SyncContact> context)
    {
        var command = context.Command();
        var email = EmailAddress.Normalize(context.Message.Email);
        var write = new ContactWrite(email, context.Message.Properties, command.Version);
        if (context.Message.HasExpired(time) && !await contacts.IsDoneAsync(write))
            throw context.Message.Expired();

        var written = await contacts.WriteAsync(write, context.Lane(), context.Waiting());

        await outcomes.AnnounceAsync(context, new ContactSynced
        {
            CommandId = command.Key,
            MessageId = command.MessageId,
            PortalId = tokens.PortalId,
            OccurredAt = command.OccurredAt,
            Email = email,
            ContactId = written.ContactId,
            Result = ResultOf(written.Result),
            SkippedProperties = written.SkippedProperties,
        });
    }

    private static ContactSyncResult ResultOf(ContactWriteResult result) => result switch
    {
        ContactWriteResult.Created => ContactSyncResult.Created,
        ContactWriteResult.Superseded => ContactSyncResult.Superseded,
        _ => ContactSyncResult.Updated,
    };
}
