using System.Text.Json;

namespace HubSpotMessaging.Emulator;

/// <summary>An event on the timeline of a contact.</summary>
public sealed record TimelineEvent
{
    /// <summary>The account.</summary>
    public long PortalId { get; init; }

    /// <summary>The template, for an event of the v3 API.</summary>
    public string? EventTemplateId { get; init; }

    /// <summary>The type, for an app event.</summary>
    public string? EventTypeName { get; init; }

    /// <summary>The id of the event, unique within its template or type.</summary>
    public string Id { get; init; } = "";

    /// <summary>The address the sender named the contact by.</summary>
    public string? Email { get; init; }

    /// <summary>The record id of the contact.</summary>
    public string? ObjectId { get; init; }

    /// <summary>The visitor's cookie, when the sender named the contact by that.</summary>
    public string? Utk { get; init; }

    /// <summary>The values of the tokens (properties, for an app event).</summary>
    public IReadOnlyDictionary<string, string> Tokens { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whatever JSON the sender added.</summary>
    public JsonElement? ExtraData { get; init; }

    /// <summary>A page to show beside the event, as sent.</summary>
    public JsonElement? TimelineIFrame { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset Timestamp { get; init; }
}
