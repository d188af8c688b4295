using System.Text.Json;

namespace HubSpotMessaging.Emulator.Timeline;

/// <summary>An event on the wire.</summary>
internal sealed record EventView(
    string Id,
    string? EventTemplateId,
    string? EventTypeName,
    string? Email,
    string? ObjectId,
    string? Utk,
    IReadOnlyDictionary<string, string>? Tokens,
    IReadOnlyDictionary<string, string>? Properties,
    JsonElement? ExtraData,
    JsonElement? TimelineIFrame,
    DateTimeOffset Timestamp,
    DateTimeOffset CreatedAt)
{
    public string ObjectType { get; } = "CONTACT";

    public static EventView From(TimelineEvent entry)
    {
        var isTemplated = entry.EventTemplateId is not null;
        return new EventView(
            entry.Id,
            entry.EventTemplateId,
            entry.EventTypeName,
            entry.Email,
            entry.ObjectId,
            entry.Utk,
            isTemplated ? entry.Tokens : null,
            isTemplated ? null : entry.Tokens,
            entry.ExtraData,
            entry.TimelineIFrame,
            entry.Timestamp,
            entry.Timestamp);
    }
}
