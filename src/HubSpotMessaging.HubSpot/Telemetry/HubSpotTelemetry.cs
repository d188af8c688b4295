using System.Diagnostics;

namespace HubSpotMessaging.HubSpot.Telemetry;

/// <summary>The names under which the client tells what it does: a source of spans, and a meter with its instruments and their attributes.</summary>
public static class HubSpotTelemetry
{
    /// <summary>The name of the source of spans, and of the meter.</summary>
    public const string Name = "HubSpotMessaging.HubSpot";

    /// <summary>
    /// How long requests to HubSpot took, in seconds; a histogram. Its attributes are <see cref="Kind"/> and <see cref="StatusCode"/>, or
    /// <see cref="ErrorType"/> when there was no answer. A 429 is HubSpot's refusal for the rate of requests.
    /// </summary>
    public const string RequestDuration = "hubspot.request.duration";

    /// <summary>How many records went with each batch; a histogram by <see cref="Kind"/>.</summary>
    public const string BatchSize = "hubspot.batch.size";

    /// <summary>How long was waited for each permit of the quota, in seconds; a histogram by <see cref="Kind"/> and <see cref="Lane"/>.</summary>
    public const string QuotaWait = "hubspot.quota.wait.duration";

    /// <summary>What a request is for: <c>contacts</c>, <c>enrollments</c>, <c>timeline</c>, or <c>oauth</c>.</summary>
    public const string Kind = "hubspot.kind";

    /// <summary>How urgent what waits is: <c>interactive</c> or <c>bulk</c>.</summary>
    public const string Lane = "hubspot.lane";

    /// <summary>HubSpot's id of an answer, by which its support finds the request. On spans.</summary>
    public const string CorrelationId = "hubspot.correlation_id";

    /// <summary>OpenTelemetry's name for the status of an answer.</summary>
    public const string StatusCode = "http.response.status_code";

    /// <summary>OpenTelemetry's name for why there was none: <c>timeout</c>, <c>unsent</c>, <c>connection</c>, or <c>cancelled</c> when the service ends.</summary>
    public const string ErrorType = "error.type";

    /// <summary>Where the spans of batches and requests come from.</summary>
    internal static ActivitySource Source { get; } = new(Name);
}
