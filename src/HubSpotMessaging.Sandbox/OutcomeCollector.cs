using System.Collections.Concurrent;
using HubSpotMessaging.Contracts;
using MassTransit;

namespace HubSpotMessaging.Sandbox;

/// <summary>A subscriber as an upstream service would have it.</summary>
internal sealed class OutcomeCollector(Outcomes outcomes)
    : IConsumer<ContactSynced>, IConsumer<ContactEnrolledInWorkflow>, IConsumer<TimelineEventPosted>, IConsumer<CommandRejected>
{
    public Task Consume(ConsumeContext<ContactSynced> context) => Add(context.Message, $"{context.Message.Result} contact {context.Message.ContactId}");

    public Task Consume(ConsumeContext<ContactEnrolledInWorkflow> context) =>
        Add(context.Message, $"contact {context.Message.ContactId} in workflow {context.Message.WorkflowId}");

    public Task Consume(ConsumeContext<TimelineEventPosted> context) => Add(context.Message, $"event {context.Message.EventId}");

    public Task Consume(ConsumeContext<CommandRejected> context) => Add(context.Message, $"{context.Message.Category}: {context.Message.Message}");

    private Task Add<T>(T outcome, string detail)
        where T : ICommandOutcome
    {
        outcomes.Add(outcome.CommandId!, typeof(T).Name, detail);
        return Task.CompletedTask;
    }
}

/// <summary>What came back, by command id.</summary>
internal sealed class Outcomes
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<(string Event, string Detail)>> _outcomes = new(StringComparer.Ordinal);

    public void Add(string commandId, string @event, string detail) => Entry(commandId).TrySetResult((@event, detail));

    public Task<(string Event, string Detail)> OfAsync(string commandId) => Entry(commandId).Task;

    private TaskCompletionSource<(string Event, string Detail)> Entry(string commandId) =>
        _outcomes.GetOrAdd(commandId, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
