using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubSpotMessaging.Contracts;

/// <summary>
/// Reads a JSON object of scalars as text: HubSpot takes every property value as a string, while publishers in other languages
/// have numbers and booleans. Numbers stay as they are written (an exponent is spelled out), booleans as <c>true</c> and <c>false</c>.
/// </summary>
public sealed class ScalarMapConverter : JsonConverter<IReadOnlyDictionary<string, string?>>
{
    /// <inheritdoc />
    public override IReadOnlyDictionary<string, string?> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A JSON object of names and values is expected.");

        var map = new Dictionary<string, string?>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!map.TryAdd(name, ReadScalar(ref reader)))
                throw new JsonException($"The name '{name}' stands twice.");
        }

        return map;
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string?> value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);

        writer.WriteStartObject();
        foreach (var (name, text) in value)
            writer.WriteString(name, text);
        writer.WriteEndObject();
    }

    private static string? ReadScalar(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Number => NumberText.Read(ref reader),
        _ => throw new JsonException("A value must be a string, a number, a boolean or null."),
    };
}
