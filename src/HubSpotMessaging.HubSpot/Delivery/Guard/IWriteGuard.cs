namespace HubSpotMessaging.HubSpot.Delivery.Guard;

/// <summary>
/// Keeps an older value from overwriting a newer one, whichever replica carries it and however often: it remembers for each property
/// of each contact since when the value is true that HubSpot has accepted, and lets one request at a time write a contact.
/// </summary>
public interface IWriteGuard
{
    /// <summary>How long after a claim, or a renewal, its request may be sent at the latest.</summary>
    TimeSpan SendWithin { get; }

    /// <summary>Asks for each contact what of it may be written, and leases it to a request; for all of them in one go.</summary>
    /// <param name="request">Names the request: not the replica, of which several are under way.</param>
    /// <param name="writes">The contacts, each once.</param>
    /// <returns>An answer for each, in the same order.</returns>
    /// <exception cref="ArgumentException">One of them has no properties.</exception>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached: nothing may be written.</exception>
    Task<IReadOnlyList<Claim>> ClaimAsync(string request, IReadOnlyList<GuardedWrite> writes);

    /// <summary>Prolongs the leases of a request that is sent again. False when one has been lost meanwhile: then it must not be.</summary>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached.</exception>
    Task<bool> RenewAsync(string request, IReadOnlyList<string> emails);

    /// <summary>Remembers what HubSpot accepted, forgets what it refused or was not sent, and ends the leases.</summary>
    /// <param name="request">The request.</param>
    /// <param name="settlements">What became of each contact, or of some of them.</param>
    /// <param name="keepLease">How long nobody else may write the contacts yet, because an earlier sending of the request, one that was
    /// not answered, may still arrive.</param>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached.</exception>
    Task SettleAsync(string request, IReadOnlyList<Settlement> settlements, TimeSpan keepLease);

    /// <summary>Looks how contacts would stand if they were written now. Leases and changes nothing, so that it may be different a moment later.</summary>
    /// <param name="writes">The contacts; the same one may stand there more than once.</param>
    /// <returns>How each property stands, for each contact in the same order.</returns>
    /// <exception cref="ArgumentException">One of them has no properties.</exception>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached.</exception>
    Task<IReadOnlyList<IReadOnlyDictionary<string, Standing>>> PeekAsync(IReadOnlyList<GuardedWrite> writes);
}

/// <summary>A contact that is to be written.</summary>
/// <param name="Email">Its identity, trimmed and lower-cased.</param>
/// <param name="Properties">Since when the value of each property is true.</param>
public sealed record GuardedWrite(string Email, IReadOnlyDictionary<string, WriteVersion> Properties);

/// <summary>The answer to a claim.</summary>
public abstract record Claim
{
    private Claim()
    {
    }

    /// <summary>
    /// Not now: another request writes the contact, or may have written something newer and has not told yet. Nothing is leased.
    /// Only what is to be written waits: what is <see cref="NothingToWrite"/> is answered at once.
    /// </summary>
    /// <param name="IsDoubtful">Whether it is the latter, of one of its versions at least: another one of them need not wait.</param>
    public sealed record Busy(bool IsDoubtful = false) : Claim;

    /// <summary>Some of it is to be written. The contact is leased until it is settled.</summary>
    /// <param name="Properties">How each property stands.</param>
    public sealed record ToWrite(IReadOnlyDictionary<string, Standing> Properties) : Claim;

    /// <summary>Nothing of it is to be written. Nothing is leased.</summary>
    /// <param name="Properties">How each property stands: <see cref="Standing.Written"/> or <see cref="Standing.Outdated"/>.</param>
    /// <param name="ContactId">HubSpot's record id.</param>
    /// <param name="IsCreator">Whether the contact was created by the write that this one repeats.</param>
    public sealed record NothingToWrite(IReadOnlyDictionary<string, Standing> Properties, string ContactId, bool IsCreator) : Claim;
}

/// <summary>How a value stands against what HubSpot has.</summary>
public enum Standing
{
    /// <summary>It is newer: to be written.</summary>
    Newer,

    /// <summary>It is what HubSpot has already accepted, of this very version.</summary>
    Written,

    /// <summary>HubSpot has something newer.</summary>
    Outdated,
}

/// <summary>What became of a contact that was claimed.</summary>
/// <param name="Email">Its identity.</param>
public abstract record Settlement(string Email)
{
    /// <summary>HubSpot wrote it.</summary>
    /// <param name="Email">Its identity.</param>
    /// <param name="ContactId">HubSpot's record id.</param>
    /// <param name="IsNew">Whether it was created.</param>
    public sealed record Accepted(string Email, string ContactId, bool IsNew) : Settlement(Email);

    /// <summary>It was not written, or not even sent, and may come again: everything is as before.</summary>
    /// <param name="Email">Its identity.</param>
    public sealed record Dropped(string Email) : Settlement(Email);

    /// <summary>
    /// HubSpot refused it for a reason of its own, whenever it comes, and it does not come again: an earlier request of this very version
    /// of which nothing is known has not written it either. Not for commands that were merged, any of which may be to blame.
    /// </summary>
    /// <param name="Email">Its identity.</param>
    public sealed record Refused(string Email) : Settlement(Email);

    /// <summary>
    /// It may have been written: nobody may write anything older until this very version has come again and been accepted or refused,
    /// or something newer has been accepted, for a day at most.
    /// </summary>
    /// <param name="Email">Its identity.</param>
    public sealed record Unknown(string Email) : Settlement(Email);
}
