using System.Diagnostics;
using System.Text.RegularExpressions;

namespace HubSpotMessaging.HubSpot.Api;

/// <summary>
/// Takes out of the spans of HTTP calls what HubSpot's addresses carry of people and secrets: e-mail addresses and, in version 1 of
/// OAuth, tokens. It is the last hook before the request is sent, and after its address has been written on the span. HubSpot is told
/// nothing of our traces.
/// </summary>
internal sealed partial class SpanRedaction : DistributedContextPropagator
{
    private const string AddressTag = "url.full";

    public override IReadOnlyCollection<string> Fields => [];

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        if (activity?.GetTagItem(AddressTag) is string address)
            activity.SetTag(AddressTag, Redact(address));
    }

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        (traceId, traceState) = (null, null);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    internal static string Redact(string address) => Token().Replace(Email().Replace(address, "{email}"), "{token}");

    [GeneratedRegex("[^/?&=]*(?:@|%40)[^/?&=]*", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Email();

    [GeneratedRegex("(?<=/(?:access|refresh)-tokens/)[^/?]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();
}
