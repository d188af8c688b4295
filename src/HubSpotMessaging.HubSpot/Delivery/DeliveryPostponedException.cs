using HubSpotMessaging.HubSpot.Api;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>
/// HubSpot could not be asked, or asked to wait, for longer than it makes sense to hold on: try again later. It is not the fault of
/// what was to be delivered.
/// </summary>
public sealed class DeliveryPostponedException : Exception
{
    /// <summary>After an answer, before giving up.</summary>
    public DeliveryPostponedException(AnswerKind kind, HubSpotProblem problem)
        : base($"Postponed: {kind} (status {problem.Status}, correlation id {problem.CorrelationId ?? "none"}).") =>
        (Kind, Problem) = (kind, problem);

    /// <summary>Before anything was asked.</summary>
    /// <param name="message">Why.</param>
    public DeliveryPostponedException(string message)
        : base($"Postponed: {message}")
    {
    }

    /// <summary>The last answer before giving up; null when there was none.</summary>
    public AnswerKind? Kind { get; }

    /// <summary>What was said with it.</summary>
    public HubSpotProblem? Problem { get; }
}
