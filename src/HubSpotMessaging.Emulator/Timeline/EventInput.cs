using System.Text.Json;

namespace HubSpotMessaging.Emulator.Timeline;

/// <summary>An event as sent: a v3 event with template and tokens, or an app event with type and properties.</summary>
internal sealed record EventInput
{
    public string? EventTemplateId { get; init; }
    public string? EventTypeName { get; init; }
    public string? Id { get; init; }
    public string? Email { get; init; }
    public string? ObjectId { get; init; }
    public string? Utk { get; init; }
    public string? Domain { get; init; }
    public Dictionary<string, string?>? Tokens { get; init; }
    public Dictionary<string, string?>? Properties { get; init; }
    public JsonElement? ExtraData { get; init; }
    public JsonElement? TimelineIFrame { get; init; }
    public DateTimeOffset? Timestamp { get; init; }
}

internal sealed record EventBatch(IReadOnlyList<EventInput?>? Inputs);
