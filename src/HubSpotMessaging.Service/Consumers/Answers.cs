using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>
/// Answers whoever sent a command as a request, into the queue that the response address names. That queue is there, or nobody waits for the
/// answer; so nothing is declared, for a broker that refuses closes the channel, and with it goes what others are being sent. An answer that
/// cannot be given keeps no command that is done from being acknowledged: the event tells it as well.
/// </summary>
internal sealed partial class Answers(IBus bus, TimeProvider time, ILogger<Answers> logger)
{
    /// <summary>How MassTransit calls what the routing key alone directs, without an exchange of its own.</summary>
    private static readonly Uri AnyQueue = new("exchange:amq.rabbitmq.reply-to");

    private static readonly TimeSpan MayTake = TimeSpan.FromSeconds(5);

    public async Task AnswerAsync<TOutcome>(ConsumeContext request, TOutcome outcome)
        where TOutcome : class
    {
        if (request is not { RequestId: { } requestId, ResponseAddress: { } address })
            return;

        using var limit = new CancellationTokenSource(MayTake, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, request.CancellationToken);
        try
        {
            var queue = request.ReceiveContext.TryGetPayload<RabbitMqBasicConsumeContext>(out _) ? QueueOf(address) : null;
            var endpoint = await bus.GetSendEndpoint(queue is null ? address : AnyQueue);
            await endpoint.Send(
                outcome,
                answer =>
                {
                    answer.RequestId = requestId;
                    answer.ConversationId = request.ConversationId;
                    if (queue is not null && answer.TryGetPayload<RabbitMqSendContext>(out var message))
                        (message.RoutingKey, message.Mandatory) = (queue, true);
                },
                ending.Token);
        }
        catch (Exception exception) when (!request.CancellationToken.IsCancellationRequested)
        {
            LogUnanswered(requestId, exception.GetType().Name);
        }
    }

    /// <exception cref="ArgumentException">It is one of ours, in which an answer would be taken for a command.</exception>
    private static string QueueOf(Uri address)
    {
        var queue = Uri.UnescapeDataString(address.AbsolutePath.Split('/')[^1]);
        return queue.StartsWith("hubspot-", StringComparison.Ordinal) ? throw new ArgumentException("The queue is one of the service's own.", nameof(address)) : queue;
    }

    [LoggerMessage(LogLevel.Warning, "The request {RequestId} cannot be answered at its response address: {Exception}. Its outcome is published all the same")]
    private partial void LogUnanswered(Guid requestId, string exception);
}
