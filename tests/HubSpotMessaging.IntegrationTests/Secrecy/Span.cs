using System.Collections;
using System.Diagnostics;

namespace HubSpotMessaging.IntegrationTests.Secrecy;

/// <summary>A span that has ended.</summary>
/// <param name="Source">Whose it is.</param>
/// <param name="Text">All that it carries, a line each.</param>
internal sealed record Span(string Source, string Text)
{
    private const int LongestLine = 20_000; // A stack trace may be long.

    public static Span Of(Activity activity) => new(activity.Source.Name, string.Join('\n', Lines(activity).Select(Shorten)));

    private static IEnumerable<string> Lines(Activity activity) =>
    [
        $"{activity.Source.Name}: {activity.Kind} {activity.OperationName} \"{activity.DisplayName}\" {activity.Status} {activity.StatusDescription}",
        .. Tags("tag", activity.TagObjects),
        .. activity.Baggage.Select(entry => $"baggage {entry.Key}={entry.Value}"),
        .. activity.Events.SelectMany(happened => Tags($"event {happened.Name}", happened.Tags).Prepend($"event {happened.Name}")),
        .. activity.Links.SelectMany(link => Tags("link", link.Tags ?? [])),
        $"trace state {activity.TraceStateString}",
    ];

    private static IEnumerable<string> Tags(string what, IEnumerable<KeyValuePair<string, object?>> tags) =>
        tags.Select(tag => $"{what} {tag.Key}={Show(tag.Value)}".ReplaceLineEndings(" "));

    private static string? Show(object? value) =>
        value is IEnumerable many and not string ? string.Join(',', many.Cast<object?>()) : value?.ToString();

    private static string Shorten(string line) => line.Length <= LongestLine ? line : line[..LongestLine];
}
