using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Outages;

/// <summary>The line's reasons that end when HubSpot answers a probe.</summary>
internal static class OutageReasons
{
    public const string HubSpotUnavailable = "HubSpotUnavailable";

    private const string Prefix = "hubspot-";
    private const string Account = "account";

    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Otherwise = TimeSpan.FromMinutes(1);

    /// <summary>HubSpot fails at a kind of call.</summary>
    public static PauseReason Unavailable(CallKind kind, string command) => new($"{Prefix}{kind}", HubSpotUnavailable, command);

    /// <summary>HubSpot has said that it does nothing for the account for some time, or nothing of a kind.</summary>
    public static IReadOnlyList<PauseReason> Of(CallKind kind, string reason, HubSpotProblem problem, DateTimeOffset now)
    {
        List<PauseReason> reasons = reason == HubSpotUnavailable
            ? [.. CallKinds.CommandsThatNeed(kind).Select(command => Unavailable(kind, command))]
            : [new($"{Prefix}{Account}", reason)];
        return [.. reasons.Select(each => each with { Until = EndOf(problem, now), Detail = problem.Message })];
    }

    /// <summary>What to call to find out whether a reason still holds; null when it is none of these.</summary>
    public static CallKind? ProbeOf(PauseReason reason) =>
        !reason.Owner.StartsWith(Prefix, StringComparison.Ordinal) ? null
        : Enum.TryParse<CallKind>(reason.Owner[Prefix.Length..], out var kind) ? kind
        : CallKind.Contacts;

    /// <summary>
    /// When HubSpot is to be asked again. A day's budget starts anew at midnight in the account's time zone, which we do not know, but it is
    /// at a full quarter of an hour everywhere.
    /// </summary>
    public static DateTimeOffset EndOf(HubSpotProblem problem, DateTimeOffset now) =>
        problem.RetryAfter is { } wait ? now + wait
        : problem.PolicyName?.Equals("DAILY", StringComparison.OrdinalIgnoreCase) == true
            ? new DateTimeOffset(now.UtcTicks - (now.UtcTicks % Quarter.Ticks), TimeSpan.Zero) + Quarter + TimeSpan.FromSeconds(2)
        : now + Otherwise;
}
