using System.Text.Json;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Service.Consumers;
using HubSpotMessaging.Service.Waiting;
using MassTransit;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>Writes on a dead letter why it is one, and which command it was, for whoever reads or replays it.</summary>
internal sealed partial class DeadLetterReasonFilter(ILogger<DeadLetterReasonFilter> logger) : IFilter<ExceptionReceiveContext>
{
    public const string CategoryHeader = "hubspot-category";
    public const string CorrelationIdHeader = "hubspot-correlation-id";

    /// <summary>The property and code of each error, as a JSON list.</summary>
    public const string ErrorsHeader = "hubspot-errors";

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
            if (ErrorsOf(rejection) is { } errors)
                context.ExceptionHeaders.Set(ErrorsHeader, errors);
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

    /// <summary>As many as fit; their words stand in the message.</summary>
    private static string? ErrorsOf(CommandRejected rejection)
    {
        for (var count = rejection.Errors.Count; count > 0; count--)
        {
            var text = JsonSerializer.Serialize(rejection.Errors.Take(count).Select(error => new { error.Property, error.Code }), StoredJson.Options);
            if (text.Length <= LongestText)
                return text;
        }

        return null;
    }

    /// <summary>All headers together must fit into one AMQP frame, or the message could never be moved.</summary>
    private static string? Short(string? text) => text?.Length > LongestText ? text[..LongestText] + " [...]" : text;

    public void Probe(ProbeContext context) => context.CreateFilterScope("deadLetter");

    [LoggerMessage(LogLevel.Error, "A message on {Queue} ({MessageId}) goes to the dead letters: {Exception}")]
    private partial void LogUnreadable(string queue, Guid? messageId, string exception);
}
