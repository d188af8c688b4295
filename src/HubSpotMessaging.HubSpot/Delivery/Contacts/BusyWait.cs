namespace HubSpotMessaging.HubSpot.Delivery.Contacts;

/// <summary>How long a contact is waited for that another request has: mostly for as long as a request takes, but its replica may have died.</summary>
internal static class BusyWait
{
    /// <summary>How often it is asked for from memory, half a minute in all; then it waits elsewhere.</summary>
    public const int Limit = 20;

    private const double Growth = 1.25;
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>How long it waits elsewhere, at the most.</summary>
    public static TimeSpan Elsewhere { get; } = TimeSpan.FromMinutes(1);

    /// <summary>The next wait, longer each time, and not everybody's at the same moment.</summary>
    /// <param name="returns">How many there were before.</param>
    public static TimeSpan Before(int returns)
    {
        var wait = First * Math.Pow(Growth, Math.Min(returns, Limit));
#pragma warning disable CA5394 // Spreads attempts; nothing secret depends on it.
        return (wait < Longest ? wait : Longest) * (0.5 + Random.Shared.NextDouble());
#pragma warning restore CA5394
    }
}
