using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Api.Workflows;

/// <summary>
/// Enrols contacts in workflows. HubSpot has this only in version 2 of its automation API and offers no idempotency key. Needs the
/// scope <c>automation</c>, which needs a Professional account.
/// </summary>
public sealed class WorkflowsClient(IWorkflowsApi api, AnswerClassifier classifier, IOptions<HubSpotOptions> options)
{
    private string Version => options.Value.ApiVersions.Workflows;

    /// <summary>Enrols a contact. Not safe to repeat: HubSpot may enrol it again.</summary>
    public async Task<Answer<NoContent>> EnrollAsync(string workflowId, string email, Permit? permit, CancellationToken cancellationToken) =>
        classifier.Classify(await api.EnrollAsync(Version, workflowId, email, permit, cancellationToken));

    /// <summary>Takes a contact out of a workflow.</summary>
    public async Task<Answer<NoContent>> UnenrollAsync(string workflowId, string email, Permit? permit, CancellationToken cancellationToken) =>
        classifier.Classify(await api.UnenrollAsync(Version, workflowId, email, permit, cancellationToken));

    /// <summary>The workflows that a contact is in at this moment; one that has come to its end is not among them.</summary>
    /// <param name="contactId">The contact's record id.</param>
    /// <param name="permit">Permission to send it; without one the call waits for one.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<Answer<IReadOnlyList<Workflow>>> CurrentEnrollmentsAsync(
        string contactId, Permit? permit, CancellationToken cancellationToken)
    {
        var answer = classifier.Classify(await api.CurrentAsync(Version, contactId, permit, cancellationToken));
        return answer.Succeeded ? answer with { Value = [.. answer.Value.Where(workflow => workflow is not null)] } : answer;
    }

    /// <summary>Finds the id that the enrolment API takes by the flow id of the builder's address.</summary>
    public Task<Answer<BatchResponse<WorkflowIdMapping>>> MapFlowAsync(string flowId, Permit? permit, CancellationToken cancellationToken) =>
        MapAsync(WorkflowIdQuery.ByFlow(flowId), permit, cancellationToken);

    /// <summary>Finds a workflow by the id that the enrolment API takes; not among the results when HubSpot does not know it.</summary>
    public Task<Answer<BatchResponse<WorkflowIdMapping>>> MapWorkflowAsync(string workflowId, Permit? permit, CancellationToken cancellationToken) =>
        MapAsync(WorkflowIdQuery.ByWorkflow(workflowId), permit, cancellationToken);

    private async Task<Answer<BatchResponse<WorkflowIdMapping>>> MapAsync(WorkflowIdQuery query, Permit? permit, CancellationToken cancellationToken) =>
        classifier.Classify(await api.MapAsync(options.Value.ApiVersions.WorkflowIdMappings, new([query]), permit, cancellationToken));
}
