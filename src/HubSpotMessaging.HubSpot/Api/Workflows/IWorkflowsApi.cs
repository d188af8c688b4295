using HubSpotMessaging.HubSpot.Quota;
using Refit;

namespace HubSpotMessaging.HubSpot.Api.Workflows;

/// <summary>HubSpot's workflow enrolments.</summary>
public interface IWorkflowsApi
{
    /// <summary>Enrols a contact.</summary>
    [Post("/automation/{version}/workflows/{workflowId}/enrollments/contacts/{email}")]
    Task<IApiResponse> EnrollAsync(
        string version, string workflowId, string email, [Property(Permit.Option)] Permit? permit, CancellationToken cancellationToken);

    /// <summary>Takes a contact out.</summary>
    [Delete("/automation/{version}/workflows/{workflowId}/enrollments/contacts/{email}")]
    Task<IApiResponse> UnenrollAsync(
        string version, string workflowId, string email, [Property(Permit.Option)] Permit? permit, CancellationToken cancellationToken);

    /// <summary>The workflows a contact is in.</summary>
    [Get("/automation/{version}/workflows/enrollments/contacts/{contactId}")]
    Task<IApiResponse<IReadOnlyList<Workflow>>> CurrentAsync(
        string version, string contactId, [Property(Permit.Option)] Permit? permit, CancellationToken cancellationToken);

    /// <summary>Workflow ids by flow id.</summary>
    [Post("/automation/{version}/workflow-id-mappings/batch/read")]
    Task<IApiResponse<BatchResponse<WorkflowIdMapping>>> MapAsync(
        string version, [Body] BatchRequest<WorkflowIdQuery> body, [Property(Permit.Option)] Permit? permit, CancellationToken cancellationToken);
}
