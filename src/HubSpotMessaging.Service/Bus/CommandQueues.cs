using HubSpotMessaging.Service.Startup;

namespace HubSpotMessaging.Service.Bus;

/// <summary>The queues that commands wait in. Their names and arguments are part of the public face.</summary>
internal static class CommandQueues
{
    public const string SyncContact = "hubspot-sync-contact";

    /// <summary>For backfills; bound to no exchange of a message type, so that commands are sent to it on purpose.</summary>
    public const string SyncContactBulk = "hubspot-sync-contact-bulk";

    public const string EnrollInWorkflow = "hubspot-enroll-in-workflow";
    public const string PostTimelineEvent = "hubspot-post-timeline-event";

    public static readonly string[] All = [SyncContact, SyncContactBulk, EnrollInWorkflow, PostTimelineEvent];

    /// <summary>The type of the commands in a queue.</summary>
    public static string CommandOf(string queue) => queue switch
    {
        EnrollInWorkflow => nameof(Contracts.EnrollInWorkflow),
        PostTimelineEvent => nameof(Contracts.PostTimelineEvent),
        _ => nameof(Contracts.SyncContact),
    };

    /// <summary>Where a command goes that is not urgent. Only contacts have a queue of their own for that.</summary>
    public static string BulkOf(string queue) => queue == SyncContact ? SyncContactBulk : queue;

    /// <summary>The dead letters of a queue.</summary>
    public static string DeadLetters(string queue) => $"{queue}_error";

    /// <summary>
    /// Quorum queues that never drop: every pause returns messages and each return counts, so that a broker that counts must not.
    /// </summary>
    public static IReadOnlyDictionary<string, object?> Arguments(BrokerFacts broker) => broker.LimitsDeliveries
        ? new Dictionary<string, object?> { ["x-queue-type"] = "quorum", ["x-delivery-limit"] = -1 }
        : new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
}
