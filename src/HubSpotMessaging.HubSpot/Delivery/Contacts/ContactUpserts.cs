using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Batches;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Quota;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Contacts;

/// <summary>Sends a batch of contacts under a lease, which learns from every answer what it leaves open.</summary>
internal sealed class ContactUpserts(ContactsClient contacts, HubSpotCaller caller)
{
    /// <summary>Sends them.</summary>
    /// <param name="inputs">The contacts, with different identities and trace ids.</param>
    /// <param name="lease">The right to write them.</param>
    /// <param name="permit">For the first request; each further one takes its own.</param>
    /// <param name="cancellationToken">Ends the waits between requests.</param>
    /// <returns>Never fails: what was interrupted has no outcome.</returns>
    public async Task<Sent> SendAsync(IReadOnlyList<ContactUpsert> inputs, ContactLease lease, Permit permit, CancellationToken cancellationToken)
    {
        var sent = await new BatchDelivery<ContactUpsert, UpsertedContact>(new LeasedUpsert(contacts, lease), caller).SendAsync(inputs, permit, cancellationToken);
        if (sent.Interruption is not (null or DeliveryPostponedException or OperationCanceledException or LeaseLostException or RedisException or RedisTimeoutException))
            lease.NoteUntold(); // Who knows.
        return sent;
    }

    private sealed class LeasedUpsert(ContactsClient contacts, ContactLease lease) : IBatchCall<ContactUpsert, UpsertedContact>
    {
        public string IdentityOf(ContactUpsert input) => input.Id;

        public IEnumerable<string> NamesOf(ContactUpsert input) => [input.Id, input.ObjectWriteTraceId];

        public async Task<Answer<BatchResponse<UpsertedContact>>> SendAsync(IReadOnlyList<ContactUpsert> inputs, Permit permit)
        {
            await lease.CoverAsync(permit);
            var answer = await contacts.UpsertAsync(inputs, permit, CancellationToken.None);
            lease.Note(answer);
            return answer;
        }

        public IReadOnlyList<RecordOutcome> OutcomesOf(IReadOnlyList<ContactUpsert> inputs, BatchResponse<UpsertedContact> response)
        {
            var outcomes = UpsertOutcomes.Of(inputs, response);
            if (outcomes.Any(outcome => outcome is RecordOutcome.Unknown))
                lease.NoteUntold();
            return outcomes;
        }
    }
}
