using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Delivery.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Enrollments;
using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>Carries <see cref="EnrollInWorkflow"/> to HubSpot: once for each idempotency key, its properties first, then the enrolment.</summary>
internal sealed class EnrollInWorkflowConsumer(
    WorkflowDirectory workflows, ContactWriter contacts, WorkflowEnroller enroller, TokenKeeper tokens, Outcomes outcomes, TimeProvider time) : IConsumer<EnrollInWorkflow>
{
    public async Task Consume(ConsumeContext<EnrollInWorkflow> context)
    {
        var command = context.Command();
        var email = EmailAddress.Normalize(context.Message.Email);
        var enrollment = await enroller.RecallAsync(command.Key!, context.Lane(), context.Waiting()) ?? await EnrollAsync(context, command, email);

        await outcomes.AnnounceAsync(context, new ContactEnrolledInWorkflow
        {
            CommandId = command.Key,
            MessageId = command.MessageId,
            PortalId = tokens.PortalId,
            OccurredAt = command.OccurredAt,
            Email = email,
            ContactId = enrollment.ContactId,
            Workflow = context.Message.Workflow,
            WorkflowId = enrollment.WorkflowId,
        });
    }

    private async Task<Enrollment> EnrollAsync(ConsumeContext<EnrollInWorkflow> context, CommandIdentity command, string email)
    {
        if (context.Message.HasExpired(time))
            throw context.Message.Expired();

        var workflowId = await workflows.FindAsync(context.Message.Workflow, context.Waiting());
        var contactId = context.Message.Properties is { Count: > 0 } properties
            ? (await contacts.WriteAsync(new(email, properties, command.Version), context.Lane(), context.Waiting())).ContactId
            : await enroller.FindContactAsync(email, context.Lane(), context.Waiting());
        var enrollment = new Enrollment(contactId, workflowId);
        await enroller.EnrollAsync(command.Key!, email, enrollment, context.Lane(), context.Waiting());
        return enrollment;
    }
}
