using System.Text.Json.Serialization;

namespace HubSpotMessaging.Emulator;

/// <summary>A contact-based workflow; every account has it.</summary>
public sealed record Workflow
{
    /// <summary>The id that the enrolment API takes.</summary>
    [JsonRequired]
    public long Id { get; init; }

    /// <summary>The id in the address of the workflow's editor.</summary>
    public long FlowId { get; init; }

    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether it is switched on. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Whether a contact that went through may go through again. Default true.</summary>
    public bool AllowsReEnrollment { get; init; } = true;

    /// <summary>Whether a contact is through as soon as it is in, so that it never shows among the current enrolments.</summary>
    public bool EndsAtOnce { get; init; }
}

/// <summary>An entry of the enrolment log: something that took effect.</summary>
/// <param name="Sequence">The position in the log, from 1.</param>
/// <param name="PortalId">The account.</param>
/// <param name="WorkflowId">The workflow.</param>
/// <param name="ContactId">The contact's record id.</param>
/// <param name="Email">The address it was enrolled by.</param>
/// <param name="At">When.</param>
/// <param name="Action">What happened.</param>
public sealed record Enrollment(
    long Sequence, long PortalId, long WorkflowId, string ContactId, string Email, DateTimeOffset At, EnrollmentAction Action);

/// <summary>What an entry of the enrolment log says.</summary>
public enum EnrollmentAction
{
    /// <summary>The contact entered the workflow.</summary>
    Enrolled,

    /// <summary>The contact was taken out.</summary>
    Unenrolled,
}
