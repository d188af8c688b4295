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

    /// <summary>
    /// How long something may wait for a reason of its own, such as a contact that does not exist yet, before it is refused for it;
    /// counted from when it began to wait. Default 24 hours, from 1 second to 30 days.
    /// </summary>
    public TimeSpan MaximumWait { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// For how long after the last write of a contact it is remembered since when its values are true, so that a late or replayed command
    /// does not undo a newer one; and for how long after an enrolment its idempotency key does not enrol again. Default 30 days, from 1
    /// hour to 400 days. The longer, the more memory Redis needs.
    /// </summary>
    public TimeSpan StampRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// How many of the last hundred commands of a type may be rejected for the same reason before they wait for an operator instead. Default
    /// 50, from 5 to 100; with 100 they never do.
    /// </summary>
    public int PauseAtRejections { get; set; } = 50;

    /// <summary>
    /// Whether an enrolment is sent again of which neither HubSpot's answer nor its list of current enrolments tells whether it was
    /// done. Default false: it is refused as <see cref="RefusalCategories.OutcomeUnknown"/>, rather than risking a second mail.
    /// </summary>
    public bool ResendUncertainEnrollments { get; set; }
}

/// <summary>Says of each wrong setting which one it is and what is expected.</summary>
internal sealed class DeliveryOptionsValidator : IValidateOptions<DeliveryOptions>
{
    public ValidateOptionsResult Validate(string? name, DeliveryOptions options)
    {
        List<string> failures =
        [
            .. options.BulkShare is >= 0.05 and <= 0.95 ? []
                : (string[])[FormattableString.Invariant($"Delivery:BulkShare must be from 0.05 to 0.95, not {options.BulkShare}.")],
            .. options.PauseAtRejections is >= 5 and <= 100 ? []
                : (string[])[FormattableString.Invariant($"Delivery:PauseAtRejections must be from 5 to 100, not {options.PauseAtRejections}.")],
            .. Span(nameof(options.MaximumWait), options.MaximumWait, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)),
            .. Span(nameof(options.StampRetention), options.StampRetention, TimeSpan.FromHours(1), TimeSpan.FromDays(400)),
        ];
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Span(string key, TimeSpan value, TimeSpan shortest, TimeSpan longest)
    {
        if (value < shortest || value > longest)
            yield return $"Delivery:{key} must be from {shortest:c} to {longest:c}, not {value:c}.";
    }
}
