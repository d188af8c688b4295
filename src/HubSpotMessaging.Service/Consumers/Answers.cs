using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>
/// Answers whoever sent a command as a request. An answer that cannot be given is told by the event as well: it must neither keep a command
/// that is done from being acknowledged, nor go over the channel of its queue, which the broker closes over an address that it refuses.
/// </summary>
internal sealed partial class Answers(IBus bus, TimeProvider time, ILogger<Answers> logger)
{
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
            var endpoint = await bus.GetSendEndpoint(address);
            await endpoint.Send(
                outcome,
                answer =>
                {
                    answer.RequestId = requestId;
                    answer.ConversationId = request.ConversationId;
                },
                ending.Token);
        }
        catch (Exception exception) when (!request.CancellationToken.IsCancellationRequested)
        {
            LogUnanswered(requestId, exception.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The request {RequestId} cannot be answered at its response address: {Exception}. Its outcome is published all the same")]
    private partial void LogUnanswered(Guid requestId, string exception);
}
