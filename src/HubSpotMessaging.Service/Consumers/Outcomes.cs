using HubSpotMessaging.Contracts;
using HubSpotMessaging.Service.Operators.Status;
using HubSpotMessaging.Service.Telemetry;
using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>Tells what became of commands.</summary>
internal sealed class Outcomes(Answers answers, Throughput throughput, Metrics metrics)
{
    /// <summary>Publishes what became of the command, and answers whoever asked. Comes before the ack, so it may come twice.</summary>
    public async Task AnnounceAsync<TOutcome>(ConsumeContext context, TOutcome outcome)
        where TOutcome : class, ICommandOutcome
    {
        var command = context.Command();
        await context.Publish(outcome, publish => publish.MessageId = command.OutcomeId<TOutcome>());
        await answers.AnswerAsync(context, outcome);

        throughput.Count(outcome, context.ReceiveContext.InputAddress, command.SentAt);
        metrics.Ended(command.CommandType, outcome, command.SentAt);
        context.EndAs(outcome);
    }
}
