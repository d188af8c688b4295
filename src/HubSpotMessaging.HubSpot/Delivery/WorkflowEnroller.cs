using System.Globalization;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.Workflows;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>Enrols contacts in workflows, and never again when it is not known whether the first time worked.</summary>
public sealed class WorkflowEnroller(WorkflowsClient workflows, ContactsClient contacts, HubSpotCaller caller)
{
    private static readonly Demand Reading = new(CallKind.Contacts, Lane.Interactive);
    private static readonly Demand Enrolling = new(CallKind.Enrollments, Lane.Interactive);

    /// <summary>The record id of the contact with this address.</summary>
    /// <exception cref="DeliveryRefusedException">There is no such contact.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    public async Task<string> FindContactAsync(string email, CancellationToken cancellationToken)
    {
        var answer = await caller.SendAsync(
            Reading, Tolerance.OfRepeatable, permit => contacts.GetByEmailAsync(email, permit, CancellationToken.None), cancellationToken);
        return answer switch
        {
            { Succeeded: true, Value.Id: { } id } => id,
            { Kind: AnswerKind.NotFound } => throw new DeliveryRefusedException(
                RefusalCategories.ContactNotFound, "HubSpot has no contact with this address.", answer.Problem),
            { Succeeded: false } => throw DeliveryRefusedException.For(answer),
            _ => throw new DeliveryRefusedException(RefusalCategories.NoOutcome, "HubSpot did not say which contact it has.", answer.Problem),
        };
    }

    /// <summary>Enrols a contact, once.</summary>
    /// <param name="workflowId">The id that the enrolment API takes.</param>
    /// <param name="email">The contact's address.</param>
    /// <param name="contactId">The contact's record id.</param>
    /// <param name="cancellationToken">Cancels the waits before the enrolment, not the enrolment.</param>
    /// <exception cref="DeliveryRefusedException">HubSpot refused, or whether it was done cannot be told.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked; nothing was done.</exception>
    public async Task EnrollAsync(string workflowId, string email, string contactId, CancellationToken cancellationToken)
    {
        var answer = await caller.SendAsync(
            Enrolling, Tolerance.OfOnce, permit => workflows.EnrollAsync(workflowId, email, permit, CancellationToken.None), cancellationToken);
        if (answer.Succeeded)
            return;

        if (!answer.IsUncertain)
            throw new DeliveryRefusedException(answer.Problem);

        if (await IsEnrolledNowAsync(workflowId, contactId))
            return;

        throw new DeliveryRefusedException(
            RefusalCategories.OutcomeUnknown,
            "HubSpot did not say whether it enrolled the contact, and does not show it in the workflow now; enrolling again might do it twice.",
            answer.Problem);
    }

    /// <summary>
    /// Yes proves the enrolment. No proves nothing, since a workflow of one step may have ended already; nor does no answer, and
    /// whoever waits or is cancelled here would enrol again: so it is asked once, to its end.
    /// </summary>
    private async Task<bool> IsEnrolledNowAsync(string workflowId, string contactId)
    {
        var current = await workflows.CurrentEnrollmentsAsync(contactId, permit: null, CancellationToken.None);
        return current.Succeeded && current.Value.Any(workflow => workflow.Id.ToString(CultureInfo.InvariantCulture) == workflowId);
    }
}
