using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Api.Timeline;

/// <summary>
/// Posts timeline events of event templates. HubSpot offers this to apps that already have such templates. Needs the scope
/// <c>timeline</c>.
/// </summary>
public sealed class TimelineClient(ITimelineApi api, AnswerClassifier classifier, IOptions<HubSpotOptions> options)
{
    /// <summary>
    /// The most events that are sent in one call. HubSpot names no limit for version 3; that of version 1 was a hundred
    /// (https://legacydocs.hubspot.com/docs/methods/timeline/batch-create-or-update-events).
    /// </summary>
    public const int MaximumBatch = 100;

    private string Version => options.Value.ApiVersions.Timeline;

    /// <summary>Posts an event. Safe to repeat with the same id.</summary>
    public async Task<Answer<PostedTimelineEvent>> PostAsync(TimelineEvent timelineEvent, Permit? permit, CancellationToken cancellationToken) =>
        classifier.Classify(await api.PostAsync(Version, timelineEvent, permit, cancellationToken));

    /// <summary>
    /// Posts up to 100 events in one call. Safe to repeat with the same ids. Read what became of each with <see cref="PostOutcomes"/>.
    /// </summary>
    /// <exception cref="ArgumentException">No event, or more than 100.</exception>
    public async Task<Answer<BatchResponse<PostedTimelineEvent>>> PostAsync(
        IReadOnlyList<TimelineEvent> timelineEvents, Permit? permit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timelineEvents);
        if (timelineEvents.Count is 0 or > MaximumBatch)
            throw new ArgumentException($"A call takes 1 to {MaximumBatch} timeline events, not {timelineEvents.Count}.", nameof(timelineEvents));
        return classifier.Classify(await api.PostAsync(Version, new BatchRequest<TimelineEvent>(timelineEvents), permit, cancellationToken));
    }

    /// <summary>Sends a batch without events, which changes nothing: any answer to it is a sign of life.</summary>
    public async Task<Answer<BatchResponse<PostedTimelineEvent>>> PostNothingAsync(Permit? permit, CancellationToken cancellationToken) =>
        classifier.Classify(await api.PostAsync(Version, new BatchRequest<TimelineEvent>([]), permit, cancellationToken));
}
