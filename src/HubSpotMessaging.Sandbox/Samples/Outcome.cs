using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.Sandbox.Samples;

/// <summary>What the bus said about a command.</summary>
/// <param name="Event">The event's type.</param>
/// <param name="Fields">The event as it is on the wire.</param>
/// <param name="Detail">The gist of it, for people.</param>
internal sealed record Outcome(string Event, JsonObject Fields, string Detail)
{
    public bool IsRejection => Event == nameof(CommandRejected);

    /// <summary>Whether it leaves open if HubSpot did it.</summary>
    public bool IsUnknown => IsRejection && (string?)Fields["category"] is RejectionCategories.NoOutcome or RejectionCategories.OutcomeUnknown;

    /// <summary>Whether it is a refusal that comes before anything is written.</summary>
    public bool IsBeforeAnyWrite => IsRejection && (string?)Fields["category"]
        is RejectionCategories.InvalidCommand or RejectionCategories.Expired or RejectionCategories.NoIdempotencyKey or RejectionCategories.UnknownWorkflow;

    public static Outcome Of<T>(T outcome)
        where T : class, ICommandOutcome =>
        new(typeof(T).Name, JsonSerializer.SerializeToNode(outcome, JsonSerializerOptions.Web)!.AsObject(), outcome switch
        {
            ContactSynced synced => $"{synced.Result} contact {synced.ContactId}",
            ContactEnrolledInWorkflow enrolled => $"Contact {enrolled.ContactId} is in workflow {enrolled.WorkflowId}",
            TimelineEventPosted posted => $"Event {posted.EventId}",
            CommandRejected { Errors: [var first, ..] } rejected => $"{rejected.Category}: {first.Message}",
            CommandRejected rejected => $"{rejected.Category}: {rejected.Message}",
            _ => "",
        });
}
