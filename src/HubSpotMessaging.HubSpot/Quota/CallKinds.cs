namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>Which commands need which calls.</summary>
public static class CallKinds
{
    /// <summary>The types of the commands that cannot be delivered without this kind of call.</summary>
    public static IReadOnlyList<string> CommandsThatNeed(CallKind kind) => kind switch
    {
        CallKind.Contacts => ["SyncContact", "EnrollInWorkflow"],
        CallKind.Enrollments => ["EnrollInWorkflow"],
        CallKind.Timeline => ["PostTimelineEvent"],
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
