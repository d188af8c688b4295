using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubSpotMessaging.Contracts;

/// <summary>
/// Reads ISO 8601 moments. One without an offset counts as UTC, not as the local time of whichever machine happens to read it.
/// </summary>
public sealed class MomentConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc />
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTime() is { Kind: DateTimeKind.Unspecified } moment ? new DateTimeOffset(moment, TimeSpan.Zero) : reader.GetDateTimeOffset();

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value);
    }
}
