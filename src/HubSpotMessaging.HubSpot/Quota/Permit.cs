namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>Permission to send one request, once.</summary>
/// <param name="Slot">Names the slot in the account's window.</param>
/// <param name="Demand">What it was wanted for.</param>
public sealed record Permit(string Slot, Demand Demand)
{
    /// <summary>The name under which it travels with its request.</summary>
    public const string Option = "hubspot-permit";

    private int _isUsed;

    /// <summary>Cancelled when its holder does not want to wait any more, should another permit be needed in its place.</summary>
    public CancellationToken Waiting { get; set; }

    /// <summary>
    /// The timestamp (<see cref="TimeProvider.GetTimestamp"/>) after which the request must not be sent any more, because what allows
    /// it ends: the slot, or the lease of what is written. Whoever holds such a lease brings it forward; it never moves back.
    /// </summary>
    public long SendBefore
    {
        get => Math.Min(SlotEnds, LeaseEnds);
        set => LeaseEnds = Math.Min(LeaseEnds, value);
    }

    /// <summary>The part of <see cref="SendBefore"/> that is the slot's, and not that of another one in its place.</summary>
    internal long SlotEnds { get; init; } = long.MaxValue;

    /// <summary>The part of <see cref="SendBefore"/> that holds for the request, whichever slot it is sent with.</summary>
    internal long LeaseEnds { get; private set; } = long.MaxValue;

    /// <summary>Uses it up, be it by sending or by giving it back. False when that has been done before.</summary>
    internal bool TryUse() => Interlocked.Exchange(ref _isUsed, 1) == 0;
}
