using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubSpotMessaging.Emulator.Wire;

/// <summary>How JSON reads and writes here: camel case, absent instead of null, instants with milliseconds.</summary>
internal static class HubSpotJson
{
    // One instance of each: options with the same converters share what they learned about types, from one emulator to the next.
    private static readonly JsonConverter[] Converters =
        [new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new InstantConverter(), new ScalarConverter()];

    public static JsonSerializerOptions Options { get; } = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        foreach (var converter in Converters) options.Converters.Add(converter);
        return options;
    }

    private sealed class InstantConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Number
                ? reader.TryGetInt64(out var milliseconds) && Instants.TryFromMilliseconds(milliseconds, out var instant)
                    ? instant
                    : throw new JsonException("Expected milliseconds since 1970.")
                : reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToWire());
    }

    /// <summary>HubSpot takes a number or a boolean wherever it expects text, and reads it as that text.</summary>
    private sealed class ScalarConverter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                JsonTokenType.True => "true",
                JsonTokenType.False => "false",
                _ => throw new JsonException("Expected a scalar value."),
            };

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value);

        public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString()!;

        public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WritePropertyName(value);
    }
}

internal static class Instants
{
    public static bool TryFromMilliseconds(long milliseconds, out DateTimeOffset instant)
    {
        var isInstant = milliseconds is >= -62_135_596_800_000 and < 253_402_300_800_000;
        instant = isInstant ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return isInstant;
    }

    public static string ToWire(this DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
