namespace HubSpotMessaging.HubSpot.Api;

/// <summary>What became of one input of a batch.</summary>
public abstract record RecordOutcome
{
    private RecordOutcome()
    {
    }

    /// <summary>HubSpot wrote it.</summary>
    /// <param name="Id">HubSpot's id of it.</param>
    /// <param name="IsNew">Whether HubSpot says that it was created.</param>
    public sealed record Written(string Id, bool IsNew) : RecordOutcome;

    /// <summary>HubSpot refused it.</summary>
    /// <param name="Problem">HubSpot's reason.</param>
    public sealed record Refused(HubSpotProblem Problem) : RecordOutcome;

    /// <summary>HubSpot did not say. It may have been written.</summary>
    public sealed record Unknown : RecordOutcome;
}
