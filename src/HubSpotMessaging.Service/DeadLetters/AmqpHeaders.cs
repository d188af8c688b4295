using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>The headers of a message as JSON, and back. Of what JSON has no word for, the nearest is kept.</summary>
internal static class AmqpHeaders
{
    private const string Bytes = "base64";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        byte[] bytes => TextOf(bytes) is { } text ? JsonValue.Create(text) : new JsonObject { [Bytes] = Convert.ToBase64String(bytes) },
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        sbyte or byte or short or ushort or int or uint or long => JsonValue.Create(Convert.ToInt64(value, null)),
        float or double or decimal => JsonValue.Create(Convert.ToDouble(value, null)),
        AmqpTimestamp timestamp => JsonValue.Create(timestamp.UnixTime),
        IDictionary<string, object?> table => new JsonObject(table.Select(entry => KeyValuePair.Create(entry.Key, ToJson(entry.Value)))),
        System.Collections.IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(ToJson)]),
        _ => JsonValue.Create(value.ToString()),
    };

    public static object? FromJson(JsonNode? value) => value switch
    {
        null => null,
        JsonObject { Count: 1 } single when single.TryGetPropertyValue(Bytes, out var bytes) && bytes is JsonValue => Convert.FromBase64String(bytes.GetValue<string>()),
        JsonObject table => table.ToDictionary(entry => entry.Key, entry => FromJson(entry.Value), StringComparer.Ordinal),
        JsonArray list => list.Select(FromJson).ToList(),
        JsonValue scalar when scalar.TryGetValue<string>(out var text) => text,
        JsonValue scalar when scalar.TryGetValue<bool>(out var flag) => flag,
        JsonValue scalar when scalar.TryGetValue<long>(out var number) => number,
        _ => value.GetValue<double>(),
    };

    /// <summary>A header as text; null when it is not there, empty, or not text.</summary>
    public static string? Text(this IReadOnlyDictionary<string, JsonNode?> headers, string name) =>
        headers.GetValueOrDefault(name) is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private static string? TextOf(byte[] bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
