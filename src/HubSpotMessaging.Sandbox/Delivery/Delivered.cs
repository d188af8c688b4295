using HubSpotMessaging.Sandbox.Samples;

namespace HubSpotMessaging.Sandbox.Delivery;

/// <summary>What became of a command.</summary>
/// <param name="Sample">The command.</param>
/// <param name="Outcome">What the bus said; null when it said nothing in time.</param>
/// <param name="Answers">What HubSpot answered meanwhile, where that was followed.</param>
/// <param name="Difference">How it differs from what was declared; null when it does not.</param>
internal sealed record Delivered(Sample Sample, Outcome? Outcome, string Answers, string? Difference)
{
    public bool IsAsDeclared => Difference is null;

    /// <summary>Whether it was refused without anybody having declared that it would be.</summary>
    public bool IsRefusedUndeclared => Difference is null && Outcome is { IsRejection: true } && Sample.Expectation is null;
}
