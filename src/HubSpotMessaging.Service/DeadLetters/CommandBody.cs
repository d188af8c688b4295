using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// A body looked at as the command that it is, or nearly is: in MassTransit's envelope or plain, its names in any letter case, and perhaps
/// not one that could be delivered.
/// </summary>
internal sealed class CommandBody
{
    /// <summary>The maps of names and values that commands carry.</summary>
    private static readonly string[] Maps = ["properties", "tokens"];

    private readonly JsonObject _command;

    private CommandBody(JsonObject root, JsonObject command, bool isEnvelope) => (Root, _command, IsEnvelope) = (root, command, isEnvelope);

    /// <summary>The whole body.</summary>
    public JsonObject Root { get; }

    /// <summary>Whether it is in MassTransit's envelope.</summary>
    public bool IsEnvelope { get; }

    public string? CommandId => Text("commandId");

    public string? Email => Text("email");

    public string? Workflow => Text("workflow");

    /// <summary>When it became true, as its publisher says in the command.</summary>
    public DateTimeOffset? OccurredAt => Moment(Text("occurredAt"));

    /// <summary>When the envelope says that it was sent.</summary>
    public DateTimeOffset? SentAt => IsEnvelope && Find(Root, "sentTime") is { } name ? Moment(TextOf(Root[name])) : null;

    public IEnumerable<string> PropertyNames => Map("properties")?.Select(property => property.Key) ?? [];

    /// <summary>The values that may tell of a person.</summary>
    public IEnumerable<string> Values =>
        Maps.SelectMany(map => Map(map) ?? []).Select(entry => TextOf(entry.Value)).Append(Text("objectId")).Append(Text("utk")).OfType<string>();

    /// <summary>Null when it is no JSON object.</summary>
    public static CommandBody? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            if (JsonNode.Parse(body, documentOptions: new() { AllowDuplicateProperties = false }) is not JsonObject root)
                return null;
            return Find(root, "message") is { } message && Find(root, "messageType") is not null && root[message] is JsonObject command
                ? new(root, command, isEnvelope: true)
                : new(root, root, isEnvelope: false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A moment as publishers and headers write it; null when it is none.</summary>
    public static DateTimeOffset? Moment(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;

    /// <summary>Text of a field; numbers and booleans as they are written.</summary>
    public string? Text(string field) => Find(_command, field) is { } name ? TextOf(_command[name]) : null;

    public void Set(string field, string? value) => _command[Find(_command, field) ?? field] = value;

    /// <summary>Sets a name in a map of the command, which is made if it is not there.</summary>
    public void SetIn(string map, string name, string? value)
    {
        var field = Find(_command, map) ?? map;
        if (_command[field] is not JsonObject entries)
            _command[field] = entries = [];
        entries[name] = value;
    }

    /// <summary>Takes a name out of a map; whether it was there.</summary>
    public bool RemoveFrom(string map, string name) => Map(map)?.Remove(name) == true;

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(Root, StoredJson.Options);

    /// <summary>The command alone, to be read as one.</summary>
    public JsonObject Command => _command;

    private JsonObject? Map(string field) => Find(_command, field) is { } name ? _command[name] as JsonObject : null;

    private static string? Find(JsonObject within, string name) =>
        within.ContainsKey(name) ? name : within.Select(entry => entry.Key).FirstOrDefault(key => key.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string? TextOf(JsonNode? node)
    {
        try
        {
            return node switch
            {
                JsonValue value when value.TryGetValue<string>(out var text) => text,
                JsonValue value => value.ToJsonString(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            return null; // Half of a character, which JSON can write and no text have.
        }
    }
}
