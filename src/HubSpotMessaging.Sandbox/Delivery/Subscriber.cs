using HubSpotMessaging.Contracts;
using HubSpotMessaging.Sandbox.Samples;
using MassTransit;

namespace HubSpotMessaging.Sandbox.Delivery;

/// <summary>Hears the events, as an upstream service would.</summary>
internal sealed class Subscriber(Inbox inbox)
    : IConsumer<ContactSynced>, IConsumer<ContactEnrolledInWorkflow>, IConsumer<TimelineEventPosted>, IConsumer<CommandRejected>,
      IConsumer<AuthorizationGranted>, IConsumer<AuthorizationRequired>
{
    public Task Consume(ConsumeContext<ContactSynced> context) => AddOutcome(context.Message);

    public Task Consume(ConsumeContext<ContactEnrolledInWorkflow> context) => AddOutcome(context.Message);

    public Task Consume(ConsumeContext<TimelineEventPosted> context) => AddOutcome(context.Message);

    public Task Consume(ConsumeContext<CommandRejected> context) => AddOutcome(context.Message);

    public Task Consume(ConsumeContext<AuthorizationGranted> context)
    {
        inbox.Add(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<AuthorizationRequired> context)
    {
        inbox.Add(context.Message);
        return Task.CompletedTask;
    }

    private Task AddOutcome<T>(T outcome)
        where T : class, ICommandOutcome
    {
        inbox.Add(outcome.CommandId!, Outcome.Of(outcome));
        return Task.CompletedTask;
    }
}
