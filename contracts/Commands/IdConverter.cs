using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubSpotMessaging.Contracts;

/// <summary>Reads an id as text, also where a publisher has it as a number: <c>1001</c> is <c>"1001"</c>.</summary>
public sealed class IdConverter : JsonConverter<string>
{
    /// <inheritdoc />
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number ? NumberText.Read(ref reader) : reader.GetString();

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value);
    }
}
