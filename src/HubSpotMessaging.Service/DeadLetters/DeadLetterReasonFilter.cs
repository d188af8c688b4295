using HubSpotMessaging.Service.Consumers;
using HubSpotMessaging.Service.Waiting;
using MassTransit;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>Writes on a dead letter why it is one, and which command it was, for whoever reads or replays it.</summary>
internal sealed partial class DeadLetterReasonFilter(ILogger<DeadLetterReasonFilter> logger) : IFilter<ExceptionReceiveContext>
{
    public const string CategoryHeader = "hubspot-category";
    public const string CorrelationIdHeader = "hubspot-correlation-id";

    private const int LongestText = 4_000;

    public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        // What could not be read counts as not consumed unless it is said to have failed, and would be moved a second time.
        if (!context.IsFaulted)
            await context.NotifyFaulted(context.Exception);

        if (context.Exception is CommandRejectedException { Rejection: var rejection, Command: var command })
        {
            context.ExceptionHeaders.Set(MessageHeaders.FaultMessage, Short(rejection.Message));
            context.ExceptionHeaders.Set(CategoryHeader, Short(rejection.Category));
            context.ExceptionHeaders.Set(CorrelationIdHeader, Short(rejection.CorrelationId));
            foreach (var (header, value) in command.Headers)
                context.ExceptionHeaders.Set(header, value);
            context.ExceptionHeaders.Set(WaitingRoom.SinceHeader, ""); // Replayed, it may wait as long again.
        }
        else
        {
            context.ExceptionHeaders.Set(MessageHeaders.FaultMessage, Short(context.Exception.GetBaseException().Message));
            LogUnreadable(context.InputAddress.AbsolutePath, context.GetMessageId(), context.Exception.GetBaseException().GetType().Name);
        }

        await next.Send(context);
    }

    /// <summary>All headers together must fit into one AMQP frame, or the message could never be moved.</summary>
    private static string? Short(string? text) => text?.Length > LongestText ? text[..LongestText] + " [...]" : text;

    public void Probe(ProbeContext context) => context.CreateFilterScope("deadLetter");

    [LoggerMessage(LogLevel.Error, "A message on {Queue} ({MessageId}) goes to the dead letters: {Exception}")]
    private partial void LogUnreadable(string queue, Guid? messageId, string exception);
}
