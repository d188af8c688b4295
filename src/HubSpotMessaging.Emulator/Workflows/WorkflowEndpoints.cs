using HubSpotMessaging.Emulator.Contacts;
using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Workflows;

/// <summary>Enrolment, which only version 2 has, and the mapping from flow ids to the workflow ids it takes.</summary>
internal static class WorkflowEndpoints
{
    private static readonly string[] MappingPaths =
    [
        "/automation/v4/workflow-id-mappings/batch/read",
        "/automation/2026-09-beta/workflow-id-mappings/batch/read",
        "/automation/v4/2027-03-beta/workflow-id-mappings/batch/read",
    ];

    public static void MapWorkflows(this IEndpointRouteBuilder routes)
    {
        var enrollments = routes.MapGroup("/automation/v2/workflows").RequireScopes(Scopes.Automation);
        enrollments.MapPost("/{workflowId:long}/enrollments/contacts/{email}", Enroll);
        enrollments.MapDelete("/{workflowId:long}/enrollments/contacts/{email}", Unenroll);
        enrollments.MapGet("/enrollments/contacts/{contactId:long}", Current);

        foreach (var path in MappingPaths) routes.MapPost(path, WorkflowIdMapping.Read).RequireScopes(Scopes.Automation);
    }

    private static IResult Enroll(
        HttpContext context,
        WorkflowRegistry workflows,
        ContactDirectory contacts,
        EnrollmentLog log,
        EmulatorSettings settings,
        long workflowId)
    {
        var email = context.LastSegment();
        var (workflow, contact) = Find(context, workflows, contacts, workflowId, email);
        if (!workflow.Enabled) throw Refuse(StatusCodes.Status400BadRequest, $"Workflow {workflowId} is not active");

        var tookEffect = log.Enroll(context.PortalId(), workflow, contact.IdText, Contact.NormalizeEmail(email));
        if (!tookEffect && settings.RejectRepeatedEnrollments)
            throw Refuse(StatusCodes.Status400BadRequest, $"Contact {email} cannot be enrolled in workflow {workflowId} again");
        return TypedResults.NoContent();
    }

    private static IResult Unenroll(
        HttpContext context, WorkflowRegistry workflows, ContactDirectory contacts, EnrollmentLog log, long workflowId)
    {
        var email = context.LastSegment();
        var (workflow, contact) = Find(context, workflows, contacts, workflowId, email);
        log.Unenroll(context.PortalId(), workflow, contact.IdText, Contact.NormalizeEmail(email));
        return TypedResults.NoContent();
    }

    private static IResult Current(
        HttpContext context, WorkflowRegistry workflows, ContactDirectory contacts, EnrollmentLog log, long contactId)
    {
        if (contacts.Read(context.PortalId()).Find(contactId) is not { Archived: false } contact)
            throw Refuse(StatusCodes.Status404NotFound, $"Contact {contactId} does not exist");

        var current = log.Current(context.PortalId(), contact.IdText);
        return TypedResults.Json(workflows.All
            .Where(workflow => current.Contains(workflow.Id))
            .Select(workflow => new { workflow.Id, workflow.Name, Type = "DRIP_DELAY", workflow.Enabled }));
    }

    private static (Workflow Workflow, Contact Contact) Find(
        HttpContext context, WorkflowRegistry workflows, ContactDirectory contacts, long workflowId, string email)
    {
        var workflow = workflows.Find(workflowId) ??
            throw Refuse(StatusCodes.Status404NotFound, $"Workflow {workflowId} does not exist");
        var contact = contacts.Read(context.PortalId()).FindByEmail(email) ??
            throw Refuse(StatusCodes.Status404NotFound, $"Contact {email} does not exist");
        return (workflow, contact);
    }

    // The documented error body of version 2 has no category.
    private static RefusedException Refuse(int statusCode, string message) => new(statusCode, new ErrorBody(message));
}
