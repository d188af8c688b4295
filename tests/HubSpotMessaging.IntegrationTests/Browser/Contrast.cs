using System.Globalization;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>How far two colours are apart for the eye, from 1 to 21 (WCAG 2.2, "contrast ratio").</summary>
internal static class Contrast
{
    /// <summary>Takes opaque colours as a browser computes them: <c>rgb(1, 2, 3)</c>.</summary>
    public static double Ratio(string one, string other)
    {
        var (first, second) = (Luminance(one), Luminance(other));
        return (Math.Max(first, second) + 0.05) / (Math.Min(first, second) + 0.05);
    }

    private static double Luminance(string color)
    {
        color.ShouldMatch(@"^rgb\(\d+, \d+, \d+\)$");
        var channels = color[4..^1].Split(", ")
            .Select(channel => Linear(double.Parse(channel, CultureInfo.InvariantCulture) / 255))
            .ToArray();
        return (0.2126 * channels[0]) + (0.7152 * channels[1]) + (0.0722 * channels[2]);
    }

    private static double Linear(double channel) => channel <= 0.04045 ? channel / 12.92 : Math.Pow((channel + 0.055) / 1.055, 2.4);
}
