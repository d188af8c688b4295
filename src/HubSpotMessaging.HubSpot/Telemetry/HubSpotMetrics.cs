using System.Diagnostics;
using System.Diagnostics.Metrics;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Telemetry;

/// <summary>What the client measures. The names are those of <see cref="HubSpotTelemetry"/>.</summary>
internal sealed class HubSpotMetrics
{
    private readonly Histogram<double> _requests;
    private readonly Histogram<int> _batches;
    private readonly Histogram<double> _waits;

    public HubSpotMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(HubSpotTelemetry.Name);
        _requests = meter.CreateHistogram(HubSpotTelemetry.RequestDuration, "s", "How long requests to HubSpot took.", advice: Buckets(
            0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30));
        _batches = meter.CreateHistogram(HubSpotTelemetry.BatchSize, "{record}", "How many records went with each batch.", advice: new InstrumentAdvice<int>
        {
            HistogramBucketBoundaries = [1, 2, 5, 10, 25, 50, 75, 99, 100],
        });
        _waits = meter.CreateHistogram(HubSpotTelemetry.QuotaWait, "s", "How long was waited for each permit of the quota.", advice: Buckets(
            0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60));
    }

    /// <summary>A request has ended.</summary>
    /// <param name="kind">What it was for.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="outcome">The status, or why there was none.</param>
    public void RequestEnded(string kind, TimeSpan took, KeyValuePair<string, object?> outcome) =>
        _requests.Record(took.TotalSeconds, new(HubSpotTelemetry.Kind, kind), outcome);

    /// <summary>A batch is about to be sent.</summary>
    public void BatchBegins(CallKind kind, int records) => _batches.Record(records, new KeyValuePair<string, object?>(HubSpotTelemetry.Kind, NameOf(kind)));

    /// <summary>A permit has been granted.</summary>
    public void QuotaGranted(Demand demand, TimeSpan waited) => _waits.Record(
        waited.TotalSeconds,
        new(HubSpotTelemetry.Kind, NameOf(demand.Kind)),
        new KeyValuePair<string, object?>(HubSpotTelemetry.Lane, demand.Lane == Lane.Bulk ? "bulk" : "interactive"));

    /// <summary>The value of <see cref="HubSpotTelemetry.Kind"/>.</summary>
    public static string NameOf(CallKind kind) => kind switch
    {
        CallKind.Contacts => "contacts",
        CallKind.Enrollments => "enrollments",
        CallKind.Timeline => "timeline",
        _ => throw new UnreachableException(),
    };

    private static InstrumentAdvice<double> Buckets(params double[] boundaries) => new() { HistogramBucketBoundaries = boundaries };
}
