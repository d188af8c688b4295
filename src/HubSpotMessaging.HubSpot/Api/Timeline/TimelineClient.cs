using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Api.Timeline;

/// <summary>
/// Posts timeline events of event templates. HubSpot offers this to apps that already have such templates. Needs the scope
/// <c>timeline</c>.
/// </summary>
public sealed class TimelineClient(ITimelineApi api, AnswerClassifier classifier, IOptions<HubSpotOptions> options)
{
    private string Version => options.Value.ApiVersions.Timeline;

    /// <summary>Posts an event. Safe to repeat with the same id.</summary>
    public async Task<Answer<PostedTimelineEvent>> PostAsync(TimelineEvent timelineEvent, Permit? permit, CancellationToken cancellationToken) =>
        classifier.Classify(await api.PostAsync(Version, timelineEvent, permit, cancellationToken));

    /// <summary>Posts several events in one call. Safe to repeat with the same ids.</summary>
    public async Task<Answer<BatchResponse<PostedTimelineEvent>>> PostAsync(
        IReadOnlyList<TimelineEvent> timelineEvents, Permit? permit, CancellationToken cancellationToken) =>
        classifier.Classify(await api.PostAsync(Version, new BatchRequest<TimelineEvent>(timelineEvents), permit, cancellationToken));
}
