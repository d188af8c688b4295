using System.Diagnostics;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Coalescing;

/// <summary>Sends what a <see cref="Coalescer{TItem, TOutcome}"/> has gathered, and judges each parcel by itself.</summary>
/// <typeparam name="TItem">What one caller wants sent.</typeparam>
/// <typeparam name="TOutcome">What one caller is told.</typeparam>
public interface IBatchSender<TItem, TOutcome>
{
    /// <summary>Sends a batch. When it throws, no parcel of it was judged.</summary>
    /// <param name="parcels">At most as many as fit into one request, each about another thing.</param>
    /// <param name="permit">Permission to send one request; unused, it is given back here.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits for any of it any more: ends waits, not what is being sent.</param>
    /// <returns>A verdict for each parcel, in the same order.</returns>
    Task<IReadOnlyList<Verdict<TOutcome>>> SendAsync(IReadOnlyList<Parcel<TItem>> parcels, Permit permit, CancellationToken cancellationToken);
}

/// <summary>All that waits about one thing, and goes as one.</summary>
/// <param name="Key">The thing, such as a contact.</param>
/// <param name="Items">What the callers want, one after the other.</param>
/// <param name="Returns">How often it could not be sent yet (<see cref="Verdict{TOutcome}.Later"/>): that of its items which has the most.</param>
public sealed record Parcel<TItem>(string Key, IReadOnlyList<TItem> Items, int Returns = 0)
{
    /// <summary>The spans of the callers, while traces are taken.</summary>
    public IReadOnlyList<Activity> Callers { get; init; } = [];
}

/// <summary>What becomes of a parcel.</summary>
/// <typeparam name="TOutcome">What one caller is told.</typeparam>
public abstract record Verdict<TOutcome>
{
    private Verdict()
    {
    }

    /// <summary>It is done.</summary>
    /// <param name="Outcomes">What each caller is told, in the order of the items.</param>
    public sealed record Done(IReadOnlyList<TOutcome> Outcomes) : Verdict<TOutcome>;

    /// <summary>It failed, for all of them.</summary>
    public sealed record Failed(Exception Exception) : Verdict<TOutcome>;

    /// <summary>It cannot be sent yet.</summary>
    public sealed record Later(TimeSpan Wait) : Verdict<TOutcome>;

    /// <summary>It failed as one: its items are to be sent one by one, so that each gets its own outcome.</summary>
    public sealed record Apart : Verdict<TOutcome>;
}
