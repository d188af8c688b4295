using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>How commands are delivered. Configuration section <c>Delivery</c>.</summary>
public sealed class DeliveryOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string Section = "Delivery";

    /// <summary>
    /// For how long after the last write of a contact it is remembered since when its values are true, so that a late or replayed command
    /// does not undo a newer one. Default 30 days, from 1 hour to 400 days. The longer, the more memory Redis needs.
    /// </summary>
    public TimeSpan StampRetention { get; set; } = TimeSpan.FromDays(30);
}

/// <summary>Says of each wrong setting which one it is and what is expected.</summary>
internal sealed class DeliveryOptionsValidator : IValidateOptions<DeliveryOptions>
{
    private static readonly TimeSpan ShortestRetention = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestRetention = TimeSpan.FromDays(400);

    public ValidateOptionsResult Validate(string? name, DeliveryOptions options)
    {
        var failures = Failures(options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(DeliveryOptions options)
    {
        if (options.StampRetention < ShortestRetention || options.StampRetention > LongestRetention)
            yield return $"Delivery:StampRetention must be from {ShortestRetention:c} to {LongestRetention:c}, not {options.StampRetention:c}.";
    }
}
