using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Delivery.Batches;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Delivery.Coalescing;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Timeline;

/// <summary>Takes one batch of timeline events to HubSpot.</summary>
internal sealed class TimelineBatchSender(TimelineClient timeline, HubSpotCaller caller) : IBatchSender<TimelineEvent, RecordOutcome.Written>
{
    private readonly BatchDelivery<TimelineEvent, PostedTimelineEvent> _delivery = new(new Post(timeline), caller);

    /// <summary>What an event is known by: its id is its own within its template.</summary>
    public static string KeyOf(TimelineEvent timelineEvent) => $"{timelineEvent.EventTemplateId}\n{timelineEvent.Id}";

    public async Task<IReadOnlyList<Verdict<RecordOutcome.Written>>> SendAsync(
        IReadOnlyList<Parcel<TimelineEvent>> parcels, Permit permit, CancellationToken cancellationToken)
    {
        var sent = await _delivery.SendAsync([.. parcels.Select(parcel => parcel.Items.Single())], permit, cancellationToken);
        return [.. parcels.Select(parcel => Judge(sent.Outcomes.GetValueOrDefault(parcel.Key), sent.Interruption))];
    }

    private static Verdict<RecordOutcome.Written> Judge(RecordOutcome? outcome, Exception? interruption) => outcome switch
    {
        RecordOutcome.Written written => new Verdict<RecordOutcome.Written>.Done([written]),
        RecordOutcome.Refused refused => new Verdict<RecordOutcome.Written>.Failed(Refusal.Of(refused.Problem)),
        RecordOutcome.Unknown => new Verdict<RecordOutcome.Written>.Failed(DeliveryRefusedException.WithoutOutcome(null)),
        _ => new Verdict<RecordOutcome.Written>.Failed(interruption!),
    };

    private sealed class Post(TimelineClient timeline) : IBatchCall<TimelineEvent, PostedTimelineEvent>
    {
        public string IdentityOf(TimelineEvent input) => KeyOf(input);

        public IEnumerable<string> NamesOf(TimelineEvent input) => [input.Id];

        public Task<Answer<BatchResponse<PostedTimelineEvent>>> SendAsync(IReadOnlyList<TimelineEvent> inputs, Permit permit) =>
            timeline.PostAsync(inputs, permit, CancellationToken.None);

        public IReadOnlyList<RecordOutcome> OutcomesOf(IReadOnlyList<TimelineEvent> inputs, BatchResponse<PostedTimelineEvent> response) =>
            PostOutcomes.Of(inputs, response);
    }
}
