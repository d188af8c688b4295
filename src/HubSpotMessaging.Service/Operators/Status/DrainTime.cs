using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.Service.Bus;

namespace HubSpotMessaging.Service.Operators.Status;

/// <summary>
/// How long it takes at least until what waits is with HubSpot: with as many calls as others leave of the quota, full batches, and the queues
/// taking turns.
/// </summary>
internal static class DrainTime
{
    /// <summary>An enrolment asks for the contact first.</summary>
    private const int CallsForEnrollment = 2;

    /// <summary>The time of each queue that is not empty.</summary>
    /// <param name="queues">The queues that are consumed, with how many commands wait in each.</param>
    /// <param name="quota">The account's quota.</param>
    public static IReadOnlyDictionary<string, TimeSpan> Of(IReadOnlyCollection<(string Name, long Waiting)> queues, QuotaUse quota)
    {
        var calls = queues.Where(queue => queue.Waiting > 0).ToDictionary(queue => queue.Name, queue => Calls(queue.Name, queue.Waiting), StringComparer.Ordinal);
        var forOne = quota.Window / quota.Limit;

        // While one queue has its calls done, each other one has as many done, or has no more.
        return calls.ToDictionary(queue => queue.Key, queue => forOne * calls.Values.Sum(others => Math.Min(others, queue.Value)), StringComparer.Ordinal);
    }

    private static double Calls(string queue, long waiting) => queue switch
    {
        CommandQueues.EnrollInWorkflow => waiting * CallsForEnrollment,
        CommandQueues.PostTimelineEvent => Math.Ceiling((double)waiting / TimelineClient.MaximumBatch),
        _ => Math.Ceiling((double)waiting / ContactsClient.MaximumBatch),
    };
}
