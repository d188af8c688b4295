using HubSpotMessaging.HubSpot.Api;

namespace HubSpotMessaging.HubSpot.Delivery.Batches;

/// <summary>What became of a batch.</summary>
/// <param name="Outcomes">By identity; what was interrupted has none.</param>
/// <param name="Interruption">Why something has none, if so.</param>
internal sealed record Sent(IReadOnlyDictionary<string, RecordOutcome> Outcomes, Exception? Interruption)
{
    public static Sent Nothing { get; } = new(new Dictionary<string, RecordOutcome>(), null);
}
