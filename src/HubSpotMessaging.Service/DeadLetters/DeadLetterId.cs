using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// Names a dead letter by what it is, so that whoever reads it again, another replica as well, gives it the same name. As text it sorts
/// by the time of the failure.
/// </summary>
/// <param name="FailedAt">When it failed, in Unix milliseconds; 0 when nothing tells.</param>
/// <param name="Digest">Of queue, properties, headers and body.</param>
/// <param name="Copy">1, or which one of several that are the same in everything.</param>
[JsonConverter(typeof(DeadLetterIdConverter))]
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DeadLetterId(long FailedAt, ulong Digest, int Copy = 1)
{
    private const int MomentDigits = 12;
    private const int Digits = MomentDigits + 16;

    public static bool TryParse(string? text, out DeadLetterId id)
    {
        id = default;
        if (text is null || text.Length < Digits
            || !long.TryParse(text.AsSpan(0, MomentDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var failedAt)
            || !ulong.TryParse(text.AsSpan(MomentDigits, Digits - MomentDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var digest))
            return false;

        var copy = 1;
        if (text.Length > Digits && (text[Digits] != '-' || !int.TryParse(text.AsSpan(Digits + 1), NumberStyles.None, CultureInfo.InvariantCulture, out copy)))
            return false;
        id = new(failedAt, digest, copy);
        return id.ToString() == text;
    }

    public override string ToString() => Copy == 1
        ? string.Create(CultureInfo.InvariantCulture, $"{FailedAt:x12}{Digest:x16}")
        : string.Create(CultureInfo.InvariantCulture, $"{FailedAt:x12}{Digest:x16}-{Copy}");
}

/// <summary>An id is text in JSON.</summary>
internal sealed class DeadLetterIdConverter : JsonConverter<DeadLetterId>
{
    public override DeadLetterId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DeadLetterId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException("This is no id of a dead letter.");

    public override void Write(Utf8JsonWriter writer, DeadLetterId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
