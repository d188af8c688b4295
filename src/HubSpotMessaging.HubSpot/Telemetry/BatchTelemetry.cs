using System.Diagnostics;
using HubSpotMessaging.HubSpot.Delivery.Coalescing;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Telemetry;

/// <summary>
/// A span and a measure of each batch. A batch has no parent, since many have their part in it: it and the spans of the commands in it are
/// linked both ways.
/// </summary>
/// <param name="sender">Sends the batch.</param>
/// <param name="kind">What its requests are.</param>
/// <param name="metrics">Where it is measured.</param>
internal sealed class BatchTelemetry<TItem, TOutcome>(IBatchSender<TItem, TOutcome> sender, CallKind kind, HubSpotMetrics metrics) : IBatchSender<TItem, TOutcome>
{
    private readonly string _name = $"batch {HubSpotMetrics.NameOf(kind)}";

    public async Task<IReadOnlyList<Verdict<TOutcome>>> SendAsync(IReadOnlyList<Parcel<TItem>> parcels, Permit permit, CancellationToken cancellationToken)
    {
        metrics.BatchBegins(kind, parcels.Count);
        using var span = Start(parcels);
        try
        {
            var verdicts = await sender.SendAsync(parcels, permit, cancellationToken);
            var failed = verdicts.Count(verdict => verdict is Verdict<TOutcome>.Failed);
            span?.SetTag("hubspot.batch.failed", failed);
            if (failed == parcels.Count)
                span?.SetStatus(ActivityStatusCode.Error);
            return verdicts;
        }
        catch (Exception exception)
        {
            span?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
            throw;
        }
    }

    private Activity? Start(IReadOnlyList<Parcel<TItem>> parcels)
    {
        if (!HubSpotTelemetry.Source.HasListeners())
            return null;

        Activity.Current = null; // That of whoever came first would be its parent.
        var callers = parcels.SelectMany(parcel => parcel.Callers).ToList();
        var span = HubSpotTelemetry.Source.StartActivity(_name, ActivityKind.Internal, default(ActivityContext), links: callers.Select(caller => new ActivityLink(caller.Context)));
        if (span is null)
            return null;

        span.SetTag(HubSpotTelemetry.Kind, HubSpotMetrics.NameOf(kind));
        span.SetTag(HubSpotTelemetry.BatchSize, parcels.Count);
        foreach (var caller in callers)
            caller.AddLink(new(span.Context));
        return span;
    }
}
