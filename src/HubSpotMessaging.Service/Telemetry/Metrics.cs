using System.Diagnostics;
using System.Diagnostics.Metrics;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Telemetry;

namespace HubSpotMessaging.Service.Telemetry;

/// <summary>What happens, counted. How things stand is told by <see cref="Gauges"/>, and what goes to HubSpot by the client (<see cref="HubSpotTelemetry"/>).</summary>
internal sealed class Metrics
{
    /// <summary>The name of the meter, and of the source of spans.</summary>
    public const string Name = "HubSpotMessaging";

    /// <summary>Counts the commands that have ended, by <see cref="Command"/> and <see cref="Outcome"/>.</summary>
    public const string Commands = "hubspot.commands";

    /// <summary>Counts the commands that were rejected, by <see cref="Command"/> and <see cref="Category"/>.</summary>
    public const string Rejections = "hubspot.rejections";

    /// <summary>How long it took from the sending of a command to its outcome, in seconds; a histogram by <see cref="Command"/> and <see cref="Outcome"/>. Of commands that tell when they were sent.</summary>
    public const string CommandDuration = "hubspot.command.duration";

    /// <summary>Counts the values that were not written because HubSpot has newer ones.</summary>
    public const string SkippedProperties = "hubspot.properties.skipped";

    /// <summary>Counts the refreshes of the access token: once for an installation, at the replica that tells of it.</summary>
    public const string TokenRefreshes = "hubspot.token.refreshes";

    /// <summary>Counts losses of authorization, by <see cref="Reason"/>: once for an installation, at the replica that tells of it.</summary>
    public const string AuthorizationLosses = "hubspot.authorization.losses";

    /// <summary>The type of a command, such as <c>SyncContact</c>.</summary>
    public const string Command = "hubspot.command";

    /// <summary>How a command has ended: <c>created</c>, <c>updated</c>, <c>superseded</c>, <c>enrolled</c>, <c>posted</c> or <c>rejected</c>.</summary>
    public const string Outcome = "hubspot.outcome";

    /// <summary>Why a command was rejected: HubSpot's word, or one of <see cref="RejectionCategories"/>.</summary>
    public const string Category = "hubspot.category";

    /// <summary>Why authorization is lost, or the line paused.</summary>
    public const string Reason = "hubspot.reason";

    /// <summary>How the commands of each type end.</summary>
    private static readonly (string Command, string[] Outcomes)[] Endings =
    [
        (nameof(SyncContact), ["created", "updated", "superseded", "rejected"]),
        (nameof(EnrollInWorkflow), ["enrolled", "rejected"]),
        (nameof(PostTimelineEvent), ["posted", "rejected"]),
    ];

    private readonly Counter<long> _commands;
    private readonly Counter<long> _rejections;
    private readonly Histogram<double> _durations;
    private readonly Counter<long> _skipped;
    private readonly Counter<long> _refreshes;
    private readonly Counter<long> _losses;
    private readonly TimeProvider _time;

    public Metrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(Name);
        _commands = meter.CreateCounter<long>(Commands, "{command}", "Commands that have ended.");
        _rejections = meter.CreateCounter<long>(Rejections, "{command}", "Commands that were rejected.");
        _durations = meter.CreateHistogram(CommandDuration, "s", "From the sending of a command to its outcome.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400],
        });
        _skipped = meter.CreateCounter<long>(SkippedProperties, "{property}", "Values that were not written because HubSpot has newer ones.");
        _refreshes = meter.CreateCounter<long>(TokenRefreshes, "{refresh}", "Refreshes of the access token.");
        _losses = meter.CreateCounter<long>(AuthorizationLosses, "{loss}", "Losses of authorization that needed a person.");

        // Prometheus sees no increase in a series that is new.
        foreach (var (command, outcomes) in Endings)
            foreach (var outcome in outcomes)
                _commands.Add(0, new(Command, command), new(Outcome, outcome));
    }

    /// <summary>A command has ended.</summary>
    /// <param name="command">Its type.</param>
    /// <param name="outcome">How.</param>
    /// <param name="sentAt">When it was sent, if that is known.</param>
    public void Ended(string command, ICommandOutcome outcome, DateTimeOffset? sentAt)
    {
        var tags = new TagList { { Command, command }, { Outcome, NameOf(outcome) } };
        if (sentAt is { } sent)
            _durations.Record(Math.Max(0, (_time.GetUtcNow() - sent).TotalSeconds), tags);
        if (outcome is ContactSynced { SkippedProperties: { Count: > 0 } skipped })
            _skipped.Add(skipped.Count);
        if (outcome is CommandRejected rejected)
            _rejections.Add(1, new(Command, command), new(Category, rejected.Category));
        _commands.Add(1, tags);
    }

    public void TokenRefreshed() => _refreshes.Add(1);

    public void AuthorizationLost(AuthorizationLossReason reason) => _losses.Add(1, new KeyValuePair<string, object?>(Reason, reason.ToString()));

    /// <summary>The value of <see cref="Outcome"/>.</summary>
    public static string NameOf(ICommandOutcome outcome) => outcome switch
    {
        ContactSynced { Result: ContactSyncResult.Created } => "created",
        ContactSynced { Result: ContactSyncResult.Superseded } => "superseded",
        ContactSynced => "updated",
        ContactEnrolledInWorkflow => "enrolled",
        TimelineEventPosted => "posted",
        CommandRejected => "rejected",
        _ => throw new UnreachableException(),
    };
}
