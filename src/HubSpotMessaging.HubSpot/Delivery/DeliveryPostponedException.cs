using HubSpotMessaging.HubSpot.Api;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>
/// HubSpot could not be asked, or asked to wait, for longer than it makes sense to hold on: try again later. It is not the fault of
/// what was to be delivered.
/// </summary>
public sealed class DeliveryPostponedException(AnswerKind kind, HubSpotProblem problem)
    : Exception($"Postponed: {kind} (status {problem.Status}, correlation id {problem.CorrelationId ?? "none"}).")
{
    /// <summary>The last answer before giving up.</summary>
    public AnswerKind Kind { get; } = kind;

    /// <summary>What was said with it.</summary>
    public HubSpotProblem Problem { get; } = problem;
}
