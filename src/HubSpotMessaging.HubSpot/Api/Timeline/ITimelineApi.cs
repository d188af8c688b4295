using HubSpotMessaging.HubSpot.Quota;
using Refit;

namespace HubSpotMessaging.HubSpot.Api.Timeline;

/// <summary>HubSpot's timeline.</summary>
public interface ITimelineApi
{
    /// <summary>Posts an event.</summary>
    [Post("/integrators/timeline/{version}/events")]
    Task<IApiResponse<PostedTimelineEvent>> PostAsync(
        string version, [Body] TimelineEvent body, [Property(Permit.Option)] Permit? permit, CancellationToken cancellationToken);

    /// <summary>Posts several events.</summary>
    [Post("/integrators/timeline/{version}/events/batch/create")]
    Task<IApiResponse<BatchResponse<PostedTimelineEvent>>> PostAsync(
        string version, [Body] BatchRequest<TimelineEvent> body, [Property(Permit.Option)] Permit? permit, CancellationToken cancellationToken);
}
