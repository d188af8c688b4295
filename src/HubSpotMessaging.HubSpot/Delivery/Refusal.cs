using HubSpotMessaging.HubSpot.Api;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>What becomes of something alone of which HubSpot does not do what was asked.</summary>
internal static class Refusal
{
    /// <summary>After an answer that is no success.</summary>
    public static Exception Of<T>(Answer<T> answer)
        where T : class =>
        answer.Kind == AnswerKind.Unreadable ? DeliveryRefusedException.WithoutOutcome(answer.Problem) : Of(answer.Problem!);

    /// <summary>
    /// HubSpot's error at this one thing, while it does others, is final only when it has lasted: it may be one of many at a bad moment.
    /// </summary>
    public static Exception Of(HubSpotProblem problem) => IsHubSpots(problem)
        ? new DeliveryMustWaitException(problem.Category ?? $"HTTP_{problem.Status}", problem.Message, problem)
        : new DeliveryRefusedException(problem);

    /// <summary>Whether it is HubSpot's error and not that of what was sent.</summary>
    public static bool IsHubSpots(HubSpotProblem problem) => problem.Status >= 500;
}
