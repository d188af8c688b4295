using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HubSpotMessaging.Contracts;

/// <summary>JSON numbers as text.</summary>
internal static class NumberText
{
    /// <summary>As it was written, but for an exponent, which HubSpot would not understand.</summary>
    public static string Read(ref Utf8JsonReader reader)
    {
        var text = Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
        if (!text.Contains('e', StringComparison.OrdinalIgnoreCase))
            return text;

        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && (double)number == reader.GetDouble()
            ? number.ToString(CultureInfo.InvariantCulture)
            : throw new JsonException("A number is too large or too small to be written without an exponent.");
    }
}
