using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubSpotMessaging.Emulator;

/// <summary>A call to HubSpot's side of the emulator. Tokens, codes and secrets are masked in it, and no header is kept.</summary>
/// <param name="Sequence">The order of arrival, from 1.</param>
/// <param name="At">When it arrived.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path with its query, as it was sent (percent-encoded).</param>
/// <param name="Status">The status answered; null (in JSON <c>"aborted"</c>) when the connection was cut instead.</param>
/// <param name="PortalId">The portal of the access token, if it had one.</param>
/// <param name="Body">The request's body, at most 64 KB of it.</param>
/// <param name="DurationMilliseconds">How long the answer took.</param>
public sealed record RecordedCall(
    long Sequence,
    DateTimeOffset At,
    string Method,
    string Path,
    [property: JsonConverter(typeof(RecordedCall.AbortedAsText)), JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Status,
    long? PortalId,
    string Body,
    double DurationMilliseconds)
{
    internal sealed class AbortedAsText : JsonConverter<int?>
    {
        public override bool HandleNull => true;

        public override int? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Number ? reader.GetInt32() : null;

        public override void Write(Utf8JsonWriter writer, int? value, JsonSerializerOptions options)
        {
            if (value is { } status) writer.WriteNumberValue(status);
            else writer.WriteStringValue("aborted");
        }
    }
}
