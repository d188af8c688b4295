using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Delivery.Batches;
using HubSpotMessaging.HubSpot.Delivery.Coalescing;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Logging;
using Polly;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Contacts;

/// <summary>
/// Takes one batch of contacts to HubSpot: claims what is newer than HubSpot's, sends it, settles what became of it, and only then
/// tells.
/// </summary>
internal sealed partial class ContactBatchSender : IBatchSender<ContactWrite, ContactWritten>
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Redis may be away for as many seconds; then the commands come again, and find what they left pending.</summary>
    private const int SettleAttempts = 5;

    private readonly IWriteGuard _guard;
    private readonly ContactUpserts _upserts;
    private readonly IQuota _quota;
    private readonly TimeProvider _time;
    private readonly ILogger<ContactBatchSender> _logger;
    private readonly ResiliencePipeline _settling;

    public ContactBatchSender(IWriteGuard guard, ContactUpserts upserts, IQuota quota, TimeProvider time, ILogger<ContactBatchSender> logger)
    {
        (_guard, _upserts, _quota, _time, _logger) = (guard, upserts, quota, time, logger);
        _settling = RedisRetry.Create(SettleAttempts, time, LogNotSettled);
    }

    /// <summary>How long a request that was not answered may take to arrive after its time-out.</summary>
    internal TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    public async Task<IReadOnlyList<Verdict<ContactWritten>>> SendAsync(
        IReadOnlyList<Parcel<ContactWrite>> parcels, Permit permit, CancellationToken cancellationToken)
    {
        var contacts = parcels.Select(parcel => new MergedContact(parcel.Key, parcel.Items)).ToArray();
        var request = Guid.NewGuid().ToString("N");
        var claimedAt = _time.GetTimestamp();
        if (await ClaimAsync(request, contacts, permit) is not { } claims)
            return [.. parcels.Select(_ => new Verdict<ContactWritten>.Later(AfterFailure))];

        var leased = contacts.Zip(claims).Where(pair => pair.Second is Claim.ToWrite).ToList();
        var sent = Sent.Nothing;
        if (leased.Count == 0)
        {
            await _quota.ReturnAsync(permit);
        }
        else
        {
            var lease = new ContactLease(_guard, [.. leased.Select(pair => pair.First.Email)], request, claimedAt, _time);
            var inputs = leased.Select((pair, number) => pair.First.ToUpsert((Claim.ToWrite)pair.Second, $"{request}-{number}")).ToList();
            sent = await _upserts.SendAsync(inputs, lease, permit, cancellationToken);
            var settlements = leased.Select(pair => SettlementOf(pair.First, sent, lease)).ToList();
            if (await TrySettleAsync(request, settlements, lease.MayStillArrive ? Grace : TimeSpan.Zero, _settling) is { } unsettled)
                sent = new(new Dictionary<string, RecordOutcome>(), unsettled);
        }

        return [.. parcels.Select((parcel, number) => Judge(contacts[number], claims[number], sent, parcel.Returns))];
    }

    /// <summary>
    /// Null when Redis does not answer: without it nothing is written. Those who wait are called off as soon as the line has noticed.
    /// </summary>
    private async Task<IReadOnlyList<Claim>?> ClaimAsync(string request, MergedContact[] contacts, Permit permit)
    {
        try
        {
            return await _guard.ClaimAsync(request, [.. contacts.Select(contact => contact.ToGuard())]);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            LogNotClaimed(exception.GetType().Name);
            await _quota.ReturnAsync(permit);

            // It may have been claimed all the same, and would keep everybody off for as long as a lease lasts.
            await TrySettleAsync(request, [.. contacts.Select(contact => new Settlement.Dropped(contact.Email))], TimeSpan.Zero, ResiliencePipeline.Empty);
            return null;
        }
    }

    private static Verdict<ContactWritten> Judge(MergedContact contact, Claim claim, Sent sent, int returns) => claim switch
    {
        Claim.NothingToWrite nothing => new Verdict<ContactWritten>.Done(contact.Outcomes(nothing.Properties, nothing.ContactId, nothing.IsCreator)),
        Claim.ToWrite claimed => sent.Outcomes.GetValueOrDefault(contact.Email) switch
        {
            RecordOutcome.Written written => new Verdict<ContactWritten>.Done(contact.Outcomes(claimed.Properties, written.Id, written.IsNew)),
            RecordOutcome.Refused or RecordOutcome.Unknown when !contact.IsOne => new Verdict<ContactWritten>.Apart(),
            RecordOutcome.Refused refused => new Verdict<ContactWritten>.Failed(Refusal.Of(refused.Problem)),
            RecordOutcome.Unknown => new Verdict<ContactWritten>.Failed(DeliveryRefusedException.WithoutOutcome(null)),
            _ when sent.Interruption is LeaseLostException => new Verdict<ContactWritten>.Later(BusyWait.Before(returns)),
            _ => new Verdict<ContactWritten>.Failed(sent.Interruption!),
        },

        // Of what is merged the older may wait for something that another replica has, which waits for the newer.
        Claim.Busy { IsDoubtful: true } when !contact.IsOne => new Verdict<ContactWritten>.Apart(),
        _ when returns < BusyWait.Limit => new Verdict<ContactWritten>.Later(BusyWait.Before(returns)),
        _ => new Verdict<ContactWritten>.Failed(new DeliveryMustWaitException(BusyWait.Elsewhere, "another request writes the contact, or may have.")),
    };

    /// <summary>Settles, before anybody is told. What cannot be settled has to come again: the exception that says so.</summary>
    private async Task<Exception?> TrySettleAsync(string request, IReadOnlyList<Settlement> settlements, TimeSpan keepLease, ResiliencePipeline retry)
    {
        try
        {
            await retry.ExecuteAsync(async _ => await _guard.SettleAsync(request, settlements, keepLease));
            return null;
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            LogNotSettled(exception.GetType().Name);
            return exception;
        }
    }

    private static Settlement SettlementOf(MergedContact contact, Sent sent, ContactLease lease) => sent.Outcomes.GetValueOrDefault(contact.Email) switch
    {
        RecordOutcome.Written written => new Settlement.Accepted(contact.Email, written.Id, written.IsNew),
        RecordOutcome.Refused { Problem: var problem } when Refusal.IsHubSpots(problem) => new Settlement.Unknown(contact.Email), // It comes again.
        RecordOutcome when contact.IsOne => new Settlement.Refused(contact.Email), // A dead letter, which does not come again by itself.
        _ when lease.MayHaveWritten => new Settlement.Unknown(contact.Email), // Also of what was refused in the end: its commands go again, one by one.
        _ => new Settlement.Dropped(contact.Email),
    };

    [LoggerMessage(LogLevel.Warning, "Contacts cannot be claimed, and are not written: {Exception}")]
    private partial void LogNotClaimed(string exception);

    [LoggerMessage(LogLevel.Warning, "What HubSpot did cannot be settled yet: {Exception}")]
    private partial void LogNotSettled(string exception);
}
