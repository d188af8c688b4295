using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Api.Workflows;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Outages;

/// <summary>Asks HubSpot for nothing, to learn whether it answers: where possible the very call that is sent otherwise, without content.</summary>
internal sealed class HubSpotProbe(ContactsClient contacts, WorkflowsClient workflows, TimelineClient timeline)
{
    public async Task<(AnswerKind Kind, HubSpotProblem? Problem)> AskAsync(CallKind kind, Permit permit)
    {
        switch (kind)
        {
            case CallKind.Contacts:
                var upsert = await contacts.UpsertNothingAsync(permit, CancellationToken.None);
                return (upsert.Kind, upsert.Problem);
            case CallKind.Enrollments:
                var current = await workflows.CurrentEnrollmentsAsync("0", permit, CancellationToken.None);
                return (current.Kind, current.Problem);
            default:
                var post = await timeline.PostNothingAsync(permit, CancellationToken.None);
                return (post.Kind, post.Problem);
        }
    }
}
