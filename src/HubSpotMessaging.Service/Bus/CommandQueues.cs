namespace HubSpotMessaging.Service.Bus;

/// <summary>The queues that commands wait in. Their names and arguments are part of the public face.</summary>
internal static class CommandQueues
{
    public const string SyncContact = "hubspot-sync-contact";

    /// <summary>For backfills; bound to no exchange of a message type, so that commands are sent to it on purpose.</summary>
    public const string SyncContactBulk = "hubspot-sync-contact-bulk";

    public const string EnrollInWorkflow = "hubspot-enroll-in-workflow";
    public const string PostTimelineEvent = "hubspot-post-timeline-event";
}
