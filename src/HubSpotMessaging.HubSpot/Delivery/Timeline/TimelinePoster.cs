using System.Text.Json;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Delivery.Coalescing;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Timeline;

/// <summary>
/// Posts timeline events, as many in one request as wait, and tells each caller what became of his own. The event's id makes it safe to
/// post one again.
/// </summary>
public sealed class TimelinePoster : IAsyncDisposable
{
    /// <summary>How many batches are under way at once: events come in bursts, and must not take the quota from everything else.</summary>
    public const int BatchesInFlight = 4;

    /// <summary>An event may have a megabyte, and a hundred of those would not get through before the request times out.</summary>
    private const long BatchBytes = 4 * 1024 * 1024;

    private readonly Coalescer<TimelineEvent, RecordOutcome.Written> _coalescer;

    internal TimelinePoster(IBatchSender<TimelineEvent, RecordOutcome.Written> sender, HubSpotCaller caller, IQuota quota, TimeProvider time) => _coalescer = new(
        sender,
        CallKind.Timeline,
        caller.AcquireAsync,
        quota,
        new(TimelineClient.MaximumBatch, BatchesInFlight, Waiting: TimelineClient.MaximumBatch * BatchesInFlight * 4) { IsOneByOne = true, BatchBytes = BatchBytes },
        time,
        SizeOf);

    /// <summary>Posts an event. One with the same template and id goes after it, in the order in which they came.</summary>
    /// <param name="timelineEvent">The event.</param>
    /// <param name="lane">How urgent it is.</param>
    /// <param name="cancellationToken">Withdraws it while it has not been sent.</param>
    /// <exception cref="DeliveryRefusedException">HubSpot refused it, or does not tell.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    /// <exception cref="OperationCanceledException">Withdrawn: it was not sent.</exception>
    public Task PostAsync(TimelineEvent timelineEvent, Lane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timelineEvent);
        return _coalescer.SendAsync(TimelineBatchSender.KeyOf(timelineEvent), timelineEvent, lane, cancellationToken);
    }

    /// <summary>Finishes what is being sent, and cancels what waits.</summary>
    public ValueTask DisposeAsync() => _coalescer.DisposeAsync();

    /// <summary>Writes it once by itself: what cannot be written must not spoil the batch of others.</summary>
    private static long SizeOf(TimelineEvent timelineEvent)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(timelineEvent, HubSpotServiceCollectionExtensions.WireJson).Length;
        }
        catch (Exception exception) when (exception is InvalidOperationException or JsonException)
        {
            throw new DeliveryRefusedException(
                RefusalCategories.InvalidCommand, "The event cannot be written as JSON: a text in it is cut within a character, or it is nested too deeply.");
        }
    }
}
