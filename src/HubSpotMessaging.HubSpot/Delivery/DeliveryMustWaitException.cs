using HubSpotMessaging.HubSpot.Api;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>
/// Something cannot be delivered yet, for a reason of its own: others need not wait for it. Try it again, after longer and longer, up
/// to <see cref="DeliveryOptions.MaximumWait"/>; or, when <see cref="EndsWithin"/> says so, until the reason has gone by itself.
/// </summary>
public sealed class DeliveryMustWaitException : Exception
{
    /// <summary>Waits for what may come or may not. The exception's message leaves the words out, since HubSpot's may name people.</summary>
    /// <param name="category">Why it is refused if it does not come: one of <see cref="RefusalCategories"/>, or HubSpot's.</param>
    /// <param name="message">The same in words.</param>
    /// <param name="cause">What HubSpot said, if anything.</param>
    public DeliveryMustWaitException(string category, string message, HubSpotProblem? cause = null)
        : base($"Waits: {category} (correlation id {cause?.CorrelationId ?? "none"}).") =>
        Refusal = new(category, message, cause);

    /// <summary>Waits for what ends by itself, and is no reason to refuse anything.</summary>
    /// <param name="endsWithin">After how long it has ended at the latest.</param>
    /// <param name="message">What it is.</param>
    public DeliveryMustWaitException(TimeSpan endsWithin, string message)
        : base($"Waits: {message}") =>
        EndsWithin = endsWithin;

    /// <summary>What it ends with when it has waited for too long. Null when it ends by itself.</summary>
    public DeliveryRefusedException? Refusal { get; }

    /// <summary>After how long the reason has ended at the latest, if it ends by itself.</summary>
    public TimeSpan? EndsWithin { get; }
}
