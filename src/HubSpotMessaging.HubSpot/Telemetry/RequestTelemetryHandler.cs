using System.Diagnostics;
using HubSpotMessaging.HubSpot.Api;

namespace HubSpotMessaging.HubSpot.Telemetry;

/// <summary>
/// A span and a measure of each request that is sent, with HubSpot's correlation id. It stands inside of what waits, and outside of what
/// limits the time.
/// </summary>
/// <param name="kind">What its client is for: a value of <see cref="HubSpotTelemetry.Kind"/>.</param>
/// <param name="metrics">Where it is measured.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestTelemetryHandler(string kind, HubSpotMetrics metrics, TimeProvider time) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var span = HubSpotTelemetry.Source.StartActivity($"{request.Method} {kind}", ActivityKind.Client);
        Describe(span, request);
        var sent = time.GetTimestamp();
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            End(span, sent, new(HubSpotTelemetry.StatusCode, (int)response.StatusCode), isError: !response.IsSuccessStatusCode);
            span?.SetTag(HubSpotTelemetry.CorrelationId, AnswerClassifier.CorrelationIdOf(response.Headers));
            return response;
        }
        catch (Exception exception)
        {
            End(span, sent, new(HubSpotTelemetry.ErrorType, ErrorOf(exception)), isError: true);
            throw;
        }
    }

    private void Describe(Activity? span, HttpRequestMessage request)
    {
        if (span?.IsAllDataRequested != true)
            return;
        span.SetTag(HubSpotTelemetry.Kind, kind);
        span.SetTag("http.request.method", request.Method.Method);
        span.SetTag("server.address", request.RequestUri?.Host);
        span.SetTag("server.port", request.RequestUri?.Port);
        span.SetTag("url.path", request.RequestUri is { } address ? SpanRedaction.Redact(address.AbsolutePath) : null);
    }

    private void End(Activity? span, long sent, KeyValuePair<string, object?> outcome, bool isError)
    {
        metrics.RequestEnded(kind, time.GetElapsedTime(sent), outcome);
        span?.SetTag(outcome.Key, outcome.Value);
        if (isError)
            span?.SetStatus(ActivityStatusCode.Error);
    }

    private static string ErrorOf(Exception exception) => AnswerClassifier.KindOf(exception) switch
    {
        AnswerKind.NotSent => "unsent",
        _ when exception is HttpRequestException { InnerException: OperationCanceledException } => "timeout",
        _ when exception is OperationCanceledException => "cancelled",
        _ => "connection",
    };
}
