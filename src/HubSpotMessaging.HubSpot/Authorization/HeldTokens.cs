namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// Tokens in the memory of this process, with their age by two clocks: the one on the wall, which goes on while a machine sleeps,
/// and the one that nobody can set. The older age counts, so that a jump of either costs a refresh and never sends a dead token.
/// </summary>
internal sealed class HeldTokens(TokenSet tokens, TimeProvider time)
{
    /// <summary>The share of its lifetime after which an access token is refreshed.</summary>
    private const double RefreshAfter = 0.75;

    /// <summary>A token is not sent so shortly before its end: this share of its lifetime, but no longer than that.</summary>
    private const double ShareOfMargin = 0.05;
    private static readonly TimeSpan LongestMargin = TimeSpan.FromSeconds(10);

#pragma warning disable CA5394 // Spreads the refreshes of replicas; nothing secret depends on it.
    /// <summary>Not all replicas at the same moment.</summary>
    private static readonly double Jitter = Random.Shared.NextDouble() * 0.015;
#pragma warning restore CA5394

    private readonly TimeSpan _ageWhenTaken = Positive(time.GetUtcNow() - tokens.GeneratedAt);
    private readonly long _takenAt = time.GetTimestamp();

    public TokenSet Tokens { get; } = tokens;

    public TimeSpan Age
    {
        get
        {
            var byWall = time.GetUtcNow() - Tokens.GeneratedAt;
            var byMonotonic = _ageWhenTaken + time.GetElapsedTime(_takenAt);
            return byWall > byMonotonic ? byWall : byMonotonic;
        }
    }

    public bool IsAlive => Age < Tokens.Lifetime - Margin;

    public bool IsDueForRefresh => DueIn <= TimeSpan.Zero;

    public TimeSpan DueIn => (Tokens.Lifetime * (RefreshAfter + Jitter)) - Age;

    private TimeSpan Margin => Tokens.Lifetime * ShareOfMargin is var share && share < LongestMargin ? share : LongestMargin;

    /// <summary>Of a moment ahead, which another clock than ours must have written, nothing is to be had but that it is new.</summary>
    private static TimeSpan Positive(TimeSpan age) => age > TimeSpan.Zero ? age : TimeSpan.Zero;
}
