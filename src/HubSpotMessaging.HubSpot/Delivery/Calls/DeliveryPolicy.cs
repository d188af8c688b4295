using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Delivery.Outages;

namespace HubSpotMessaging.HubSpot.Delivery.Calls;

/// <summary>
/// What happens after each answer of HubSpot: the one table of the retry policy, also in docs/delivery.md. The first rule that fits
/// counts.
/// </summary>
internal static class DeliveryPolicy
{
    private static readonly TimeSpan LockLasts = TimeSpan.FromSeconds(2); // HubSpot's error handling guide.
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(15);

    public static IReadOnlyList<PolicyRule> Rules { get; } =
    [
        new(AnswerKind.Done, new Reaction.Judge()),
        new(AnswerKind.Mixed, new Reaction.Judge()),
        new(AnswerKind.Unreadable, new Reaction.AgainAfter()) { Limit = tolerance => tolerance.Unreadable },

        // About what was sent: a batch is divided, a lone command ends as a dead letter, or in a wait queue if it came too early.
        new(AnswerKind.Refused, new Reaction.Judge()),
        new(AnswerKind.NotFound, new Reaction.Judge()),
        new(AnswerKind.Conflict, new Reaction.Judge()),

        // About the road. Nothing was done.
        new(AnswerKind.Unauthorized, new Reaction.AgainAfter()) { Status = 401, Sign = Sign.Down }, // With a token that HubSpot calls good.
        new(AnswerKind.Unauthorized, new Reaction.AgainAfter()) { Sign = Sign.None }, // There is no token: if it takes a person, the line pauses for that.
        new(AnswerKind.MissingScopes, new Reaction.Postpone()), // The line pauses for this kind of command.
        new(AnswerKind.Locked, new Reaction.AgainAfter(LockLasts)),
        // A 429. What it tells of the quota has been taken to Redis by then.
        new(AnswerKind.RateLimited, new Reaction.PauseLine("DailyLimit")) { Policy = "DAILY" },
        new(AnswerKind.RateLimited, new Reaction.PauseLine("RateLimited")) { RetryAfterAtLeast = Long },
        new(AnswerKind.RateLimited, new Reaction.Again()), // With the next permit, for which the quota lets it wait.
        new(AnswerKind.PortalMigrating, new Reaction.PauseLine("PortalMigrating")),
        new(AnswerKind.NotSent, new Reaction.AgainAfter()) { Sign = Sign.Down },
        new(AnswerKind.Withheld, new Reaction.AgainAfter()) { Sign = Sign.None },

        // It may have been done. Enough of these, at all replicas together, open the circuit and pause the line.
        new(AnswerKind.Unavailable, new Reaction.AgainAfter()) { Status = 500, Limit = tolerance => tolerance.InternalErrors, Sign = Sign.None },
        new(AnswerKind.Unavailable, new Reaction.PauseLine(OutageReasons.HubSpotUnavailable)) { RetryAfterAtLeast = Long, Sign = Sign.Down },
        new(AnswerKind.Unavailable, new Reaction.AgainAfter()) { Sign = Sign.Down },
        new(AnswerKind.NoAnswer, new Reaction.AgainAfter()) { Sign = Sign.Down },
    ];

    /// <summary>The rule for an answer.</summary>
    public static PolicyRule RuleFor(AnswerKind kind, HubSpotProblem? problem) => Rules.First(rule => rule.Fits(kind, problem));

    /// <summary>How long to wait before another attempt: longer each time, as long as HubSpot asks for, and not all at the same moment.</summary>
    public static TimeSpan WaitBefore(int attempt, TimeSpan atLeast, HubSpotProblem? problem)
    {
        var backoff = FirstBackoff * Math.Pow(2, Math.Min(attempt, 10));
#pragma warning disable CA5394 // Spreads attempts; nothing secret depends on it.
        backoff = (backoff < LongestBackoff ? backoff : LongestBackoff) * (0.75 + (Random.Shared.NextDouble() / 2));
#pragma warning restore CA5394
        return ((TimeSpan[])[backoff, atLeast, problem?.RetryAfter ?? TimeSpan.Zero]).Max();
    }
}

/// <summary>What happens after a kind of answer.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Reaction">What happens.</param>
internal sealed record PolicyRule(AnswerKind Kind, Reaction Reaction)
{
    /// <summary>Only with this status.</summary>
    public int? Status { get; init; }

    /// <summary>Only of this limit.</summary>
    public string? Policy { get; init; }

    /// <summary>Only when HubSpot asks to wait for as long.</summary>
    public TimeSpan? RetryAfterAtLeast { get; init; }

    /// <summary>How many such answers in a row there may be before the last one is judged.</summary>
    public Func<Tolerance, int> Limit { get; init; } = _ => int.MaxValue;

    /// <summary>What the answer tells of HubSpot itself.</summary>
    public Sign Sign { get; init; } = Sign.Up;

    public bool Fits(AnswerKind kind, HubSpotProblem? problem) =>
        Kind == kind
        && (Status is null || Status == problem?.Status)
        && (Policy is null || Policy.Equals(problem?.PolicyName, StringComparison.OrdinalIgnoreCase))
        && (RetryAfterAtLeast is null || RetryAfterAtLeast <= problem?.RetryAfter);
}

/// <summary>What an answer tells of HubSpot itself.</summary>
internal enum Sign
{
    /// <summary>It works.</summary>
    Up,

    /// <summary>It does not, or cannot be reached.</summary>
    Down,

    /// <summary>Neither: it is about what was sent, perhaps, or about this side.</summary>
    None,
}

/// <summary>What happens after an answer.</summary>
internal abstract record Reaction
{
    private Reaction()
    {
    }

    /// <summary>It is about what was sent: whoever sent it decides.</summary>
    public sealed record Judge : Reaction;

    /// <summary>Again with the next permit.</summary>
    public sealed record Again : Reaction;

    /// <summary>Again after a while: one second, then twice as long each time up to fifteen.</summary>
    /// <param name="AtLeast">But so long at least.</param>
    public sealed record AgainAfter(TimeSpan AtLeast = default) : Reaction;

    /// <summary>The command goes back to its queue.</summary>
    public sealed record Postpone : Reaction;

    /// <summary>All commands go back to their queues and wait there; when HubSpot is down, those that need this kind of call.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record PauseLine(string Reason) : Reaction;
}
