using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>How commands are delivered. Configuration section <c>Delivery</c>.</summary>
public sealed class DeliveryOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string Section = "Delivery";

    /// <summary>
    /// How long something may wait for a reason of its own, such as a contact that does not exist yet, before it is refused for it;
    /// counted from when it began to wait. Default 24 hours, from 1 second to 30 days.
    /// </summary>
    public TimeSpan MaximumWait { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Whether an enrolment is sent again of which neither HubSpot's answer nor its list of current enrolments tells whether it was
    /// done. Default false: it is refused as <see cref="RefusalCategories.OutcomeUnknown"/>, rather than risking a second mail.
    /// </summary>
    public bool ResendUncertainEnrollments { get; set; }
}

/// <summary>Says of each wrong setting which one it is and what is expected.</summary>
internal sealed class DeliveryOptionsValidator : IValidateOptions<DeliveryOptions>
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    public ValidateOptionsResult Validate(string? name, DeliveryOptions options) =>
        options.MaximumWait < ShortestWait || options.MaximumWait > LongestWait
            ? ValidateOptionsResult.Fail($"Delivery:MaximumWait must be from {ShortestWait:c} to {LongestWait:c}, not {options.MaximumWait:c}.")
            : ValidateOptionsResult.Success;
}
