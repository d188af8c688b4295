namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>Permission to send one request.</summary>
/// <param name="Slot">Names the slot in the account's window.</param>
/// <param name="Demand">What it was wanted for.</param>
/// <param name="Waiting">Cancelled when its holder does not want to wait any more, should another permit be needed in its place.</param>
public sealed record Permit(string Slot, Demand Demand, CancellationToken Waiting)
{
    /// <summary>The name under which it travels with its request.</summary>
    public const string Option = "hubspot-permit";

    /// <summary>
    /// The timestamp (<see cref="TimeProvider.GetTimestamp"/>) after which the request must not be sent any more, because what allows
    /// it ends: the slot, or the lease of what is written. Whoever holds such a lease brings it forward.
    /// </summary>
    public long SendBefore { get; set; } = long.MaxValue;
}
