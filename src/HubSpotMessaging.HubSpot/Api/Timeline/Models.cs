using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubSpotMessaging.HubSpot.Api.Timeline;

/// <summary>An event of an event template, version 3 of the timeline API.</summary>
public sealed record TimelineEvent
{
    /// <summary>The event template.</summary>
    public required string EventTemplateId { get; init; }

    /// <summary>The event's own id, at most 500 bytes. Sent again, the last one processed wins.</summary>
    public required string Id { get; init; }

    /// <summary>The values of the template's tokens.</summary>
    public required IReadOnlyDictionary<string, string> Tokens { get; init; }

    /// <summary>The contact's address; the contact is created where it is missing. With <see cref="ObjectId"/> it would change the
    /// contact's address.</summary>
    public string? Email { get; init; }

    /// <summary>The contact's record id.</summary>
    public string? ObjectId { get; init; }

    /// <summary>The visitor's token of HubSpot's tracking cookie.</summary>
    public string? Utk { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>A JSON object for the detail template.</summary>
    public JsonElement? ExtraData { get; init; }

    /// <summary>A page to show in a frame.</summary>
    [JsonPropertyName("timelineIFrame")]
    public TimelineEventFrame? Frame { get; init; }
}

/// <summary>A page to show in a frame from a timeline event.</summary>
/// <param name="LinkLabel">The text of the link.</param>
/// <param name="HeaderLabel">The title of the frame.</param>
/// <param name="Url">The page.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public sealed record TimelineEventFrame(string LinkLabel, string HeaderLabel, string Url, int Width, int Height);

/// <summary>A timeline event as HubSpot answers with it.</summary>
public sealed record PostedTimelineEvent
{
    /// <summary>The event template.</summary>
    public string? EventTemplateId { get; init; }

    /// <summary>The event's id.</summary>
    public string? Id { get; init => field = string.IsNullOrWhiteSpace(value) ? null : value; }

    /// <summary>The record id of the contact it is on.</summary>
    public string? ObjectId { get; init; }
}
