using MassTransit;
using Polly;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>
/// Answers whoever sent a command as a request. An answer that cannot be given is told by the event as well: it must neither keep a command
/// that is done from being acknowledged, nor go over the channel of its queue, which the broker closes over an address that it refuses.
/// </summary>
internal sealed partial class Answers(IBus bus, TimeProvider time, ILogger<Answers> logger)
{
    /// <summary>The channel of the answers closes, too, and with it may go what others are sent at that moment: MassTransit waits on, so they are sent again.</summary>
    private readonly ResiliencePipeline _attempts = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddTimeout(TimeSpan.FromSeconds(5))
        .AddRetry(new() { MaxRetryAttempts = 4, Delay = TimeSpan.FromMilliseconds(100), UseJitter = true })
        .AddTimeout(TimeSpan.FromSeconds(1))
        .Build();

    public async Task AnswerAsync<TOutcome>(ConsumeContext request, TOutcome outcome)
        where TOutcome : class
    {
        if (request is not { RequestId: { } requestId, ResponseAddress: { } address })
            return;

        try
        {
            var endpoint = await bus.GetSendEndpoint(address);
            await _attempts.ExecuteAsync(
                async cancellationToken => await endpoint.Send(
                    outcome,
                    answer =>
                    {
                        answer.RequestId = requestId;
                        answer.ConversationId = request.ConversationId;
                    },
                    cancellationToken),
                request.CancellationToken);
        }
        catch (Exception exception) when (!request.CancellationToken.IsCancellationRequested)
        {
            LogUnanswered(requestId, exception.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The request {RequestId} cannot be answered at its response address: {Exception}. Its outcome is published all the same")]
    private partial void LogUnanswered(Guid requestId, string exception);
}
