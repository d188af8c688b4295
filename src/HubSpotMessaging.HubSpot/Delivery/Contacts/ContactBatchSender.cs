using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Coalescing;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Contacts;

/// <summary>
/// Takes one batch of contacts to HubSpot: claims what is newer than HubSpot's, sends it, settles what became of it, and only then
/// tells.
/// </summary>
internal sealed partial class ContactBatchSender(
    IWriteGuard guard, ContactUpserts upserts, IQuota quota, TimeProvider time, ILogger<ContactBatchSender> logger)
    : IBatchSender<ContactWrite, ContactWritten>
{
    /// <summary>How long another request has for a contact before it is asked for again, at the least and at the most.</summary>
    private static readonly (TimeSpan Least, TimeSpan Most) Busy = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(150));

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Redis may be away for as long; then the commands come again, and find what they left pending.</summary>
    private const int SettleAttempts = 5;

    /// <summary>How long a request that was not answered may take to arrive after its time-out.</summary>
    internal TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    public async Task<IReadOnlyList<Verdict<ContactWritten>>> SendAsync(
        IReadOnlyList<Parcel<ContactWrite>> parcels, Permit permit, CancellationToken cancellationToken)
    {
        var contacts = parcels.Select(parcel => new MergedContact(parcel.Key, parcel.Items)).ToArray();
        var request = Guid.NewGuid().ToString("N");
        var claimedAt = time.GetTimestamp();
        IReadOnlyList<Claim> claims;
        try
        {
            claims = await guard.ClaimAsync(request, [.. contacts.Select(contact => contact.ToGuard())]);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            // Without it nothing is written. Those who wait are called off as soon as the line has noticed.
            LogNotClaimed(exception.GetType().Name);
            await quota.ReturnAsync(permit);
            return [.. parcels.Select(_ => new Verdict<ContactWritten>.Later(AfterFailure))];
        }

        var leased = contacts.Zip(claims).Where(pair => pair.Second is Claim.ToWrite).ToList();
        var sent = Sent.Nothing;
        if (leased.Count == 0)
        {
            await quota.ReturnAsync(permit);
        }
        else
        {
            var lease = new ContactLease(guard, [.. leased.Select(pair => pair.First.Email)], request, claimedAt, time);
            var inputs = leased.Select((pair, number) => pair.First.ToUpsert((Claim.ToWrite)pair.Second, $"{request}-{number}")).ToList();
            sent = await upserts.SendAsync(inputs, lease, permit, cancellationToken);
            if (await SettleAsync(request, leased.Select(pair => pair.First), sent, lease) is { } unsettled)
                sent = new(new Dictionary<string, RecordOutcome>(), unsettled);
        }

        return [.. contacts.Zip(claims, (contact, claim) => Judge(contact, claim, sent))];
    }

    private static Verdict<ContactWritten> Judge(MergedContact contact, Claim claim, Sent sent) => claim switch
    {
        Claim.NothingToWrite nothing => new Verdict<ContactWritten>.Done(contact.Outcomes(nothing.Properties, nothing.ContactId, nothing.IsCreator)),
        Claim.ToWrite claimed => sent.Outcomes.GetValueOrDefault(contact.Email) switch
        {
            RecordOutcome.Written written => new Verdict<ContactWritten>.Done(contact.Outcomes(claimed.Properties, written.Id, written.IsNew)),
            RecordOutcome.Refused or RecordOutcome.Unknown when !contact.IsOne => new Verdict<ContactWritten>.Apart(),
            RecordOutcome.Refused refused => new Verdict<ContactWritten>.Failed(new DeliveryRefusedException(refused.Problem)),
            RecordOutcome.Unknown => new Verdict<ContactWritten>.Failed(DeliveryRefusedException.WithoutOutcome(null)),
            _ when sent.Interruption is LeaseLostException => new Verdict<ContactWritten>.Later(Busy.Least),
            _ => new Verdict<ContactWritten>.Failed(sent.Interruption!),
        },

        // Of what is merged the older may wait for something that another replica has, which waits for the newer.
        Claim.Busy { IsDoubtful: true } when !contact.IsOne => new Verdict<ContactWritten>.Apart(),
        _ => new Verdict<ContactWritten>.Later(SoonAgain()),
    };

    /// <summary>Settles, before anybody is told. What cannot be settled has to come again: the exception that says so.</summary>
    private async Task<Exception?> SettleAsync(string request, IEnumerable<MergedContact> contacts, Sent sent, ContactLease lease)
    {
        IReadOnlyList<Settlement> settlements = [.. contacts.Select(contact => SettlementOf(contact, sent, lease))];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await guard.SettleAsync(request, settlements, lease.MayStillArrive ? Grace : TimeSpan.Zero);
                return null;
            }
            catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
            {
                LogNotSettled(exception.GetType().Name);
                if (attempt == SettleAttempts)
                    return exception;
            }

            await Task.Delay(AfterFailure, time);
        }
    }

    private static Settlement SettlementOf(MergedContact contact, Sent sent, ContactLease lease) => sent.Outcomes.GetValueOrDefault(contact.Email) switch
    {
        RecordOutcome.Written written => new Settlement.Accepted(contact.Email, written.Id, written.IsNew),
        RecordOutcome when contact.IsOne => new Settlement.Refused(contact.Email), // A dead letter, which does not come again by itself.
        _ when lease.MayHaveWritten => new Settlement.Unknown(contact.Email), // Also of what was refused in the end: its commands go again, one by one.
        _ => new Settlement.Dropped(contact.Email),
    };

    private static TimeSpan SoonAgain()
    {
#pragma warning disable CA5394 // Spreads attempts; nothing secret depends on it.
        return Busy.Least + ((Busy.Most - Busy.Least) * Random.Shared.NextDouble());
#pragma warning restore CA5394
    }

    [LoggerMessage(LogLevel.Warning, "Contacts cannot be claimed, and are not written: {Exception}")]
    private partial void LogNotClaimed(string exception);

    [LoggerMessage(LogLevel.Warning, "What HubSpot did cannot be settled yet: {Exception}")]
    private partial void LogNotSettled(string exception);
}
