using HubSpotMessaging.HubSpot.Api;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>Something will not reach HubSpot, for a final reason of its own.</summary>
public sealed class DeliveryRefusedException : Exception
{
    /// <summary>Carries HubSpot's reason.</summary>
    /// <param name="problem">What HubSpot said. The exception's message leaves its words out, since they may name people.</param>
    public DeliveryRefusedException(HubSpotProblem problem)
        : base($"HubSpot refused: {CategoryOf(problem)} (correlation id {problem.CorrelationId ?? "none"}).")
    {
        Problem = problem;
        Category = CategoryOf(problem);
    }

    /// <summary>Carries a reason of our own.</summary>
    /// <param name="category">One of <see cref="RefusalCategories"/>.</param>
    /// <param name="message">Why, in words.</param>
    /// <param name="cause">What HubSpot said before, if anything.</param>
    public DeliveryRefusedException(string category, string message, HubSpotProblem? cause = null)
        : base($"{category}: {message}")
    {
        Problem = new HubSpotProblem { Message = message, Category = category, CorrelationId = cause?.CorrelationId };
        Category = category;
    }

    /// <summary>HubSpot does not tell.</summary>
    /// <param name="cause">What it said instead, if anything.</param>
    public static DeliveryRefusedException WithoutOutcome(HubSpotProblem? cause) =>
        new(RefusalCategories.NoOutcome, "HubSpot answered again and again without saying what became of it.", cause);

    /// <summary>HubSpot's category, or one of <see cref="RefusalCategories"/>.</summary>
    public string Category { get; }

    /// <summary>The reason.</summary>
    public HubSpotProblem Problem { get; }

    private static string CategoryOf(HubSpotProblem problem) => problem.Category ?? $"HTTP_{problem.Status}";
}

/// <summary>Reasons that are not HubSpot's.</summary>
public static class RefusalCategories
{
    /// <summary>HubSpot answered without saying what became of it, again and again.</summary>
    public const string NoOutcome = "NO_OUTCOME";

    /// <summary>Whether it was done is not known, and doing it twice would be wrong.</summary>
    public const string OutcomeUnknown = "OUTCOME_UNKNOWN";

    /// <summary>It cannot be sent at all.</summary>
    public const string InvalidCommand = "INVALID_COMMAND";

    /// <summary>There is no contact with the address.</summary>
    public const string ContactNotFound = "CONTACT_NOT_FOUND";

    /// <summary>Nothing is known under the workflow's name or flow id.</summary>
    public const string UnknownWorkflow = "UNKNOWN_WORKFLOW";
}
