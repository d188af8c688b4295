using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>How commands are delivered. Configuration section <c>Delivery</c>.</summary>
public sealed class DeliveryOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string Section = "Delivery";

    /// <summary>
    /// Which part of the quota backfills and replays get at least while others wait, too. What is left they get anyway. Default 0.4,
    /// from 0.05 to 0.95.
    /// </summary>
    public double BulkShare { get; set; } = 0.4;
}

/// <summary>Says of each wrong setting which one it is and what is expected.</summary>
internal sealed class DeliveryOptionsValidator : IValidateOptions<DeliveryOptions>
{
    public ValidateOptionsResult Validate(string? name, DeliveryOptions options)
    {
        var failures = Failures(options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(DeliveryOptions options)
    {
        if (options.BulkShare is not (>= 0.05 and <= 0.95))
            yield return FormattableString.Invariant($"Delivery:BulkShare must be from 0.05 to 0.95, not {options.BulkShare}.");
    }
}
