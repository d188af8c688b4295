using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Delivery.Coalescing;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Contacts;

/// <summary>Writes contacts, as many in one request as wait, and tells each caller what became of his own.</summary>
public sealed class ContactWriter : IAsyncDisposable
{
    /// <summary>
    /// How many batches are under way at once: enough for an account's largest quota (250 in 10 s) with answers that take half a second.
    /// </summary>
    public const int BatchesInFlight = 16;

    private readonly IWriteGuard _guard;
    private readonly Coalescer<ContactWrite, ContactWritten> _coalescer;

    internal ContactWriter(IBatchSender<ContactWrite, ContactWritten> sender, IWriteGuard guard, HubSpotCaller caller, IQuota quota, TimeProvider time)
    {
        _guard = guard;
        _coalescer = new(
            sender,
            CallKind.Contacts,
            caller.AcquireAsync,
            quota,
            new(ContactsClient.MaximumBatch, BatchesInFlight, Waiting: ContactsClient.MaximumBatch * BatchesInFlight * 4),
            time);
    }

    /// <summary>Creates the contact or updates it, unless everything of it is older than what HubSpot has.</summary>
    /// <param name="write">What is to be written.</param>
    /// <param name="lane">How urgent it is.</param>
    /// <param name="cancellationToken">Withdraws it while it has not been sent.</param>
    /// <exception cref="DeliveryRefusedException">HubSpot refused it, or does not tell.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    /// <exception cref="OperationCanceledException">Withdrawn: it was not sent.</exception>
    public Task<ContactWritten> WriteAsync(ContactWrite write, Lane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        return _coalescer.SendAsync(write.Email, write, lane, cancellationToken);
    }

    /// <summary>Whether HubSpot has accepted it already, or something newer of each property, so that nothing of it would be sent.</summary>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached.</exception>
    public async Task<bool> IsDoneAsync(ContactWrite write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var standings = await _guard.PeekAsync([new MergedContact(write.Email, [write]).ToGuard()]);
        return standings[0].Values.All(standing => standing != Standing.Newer);
    }

    /// <summary>Finishes what is being sent, and cancels what waits.</summary>
    public ValueTask DisposeAsync() => _coalescer.DisposeAsync();
}
