using Polly;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>
/// Asks Redis again that does not answer, for what must be written down. Only for what may be done twice: it may have been done the
/// first time.
/// </summary>
internal static class RedisRetry
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A pipeline that gives up after some attempts with the last exception.</summary>
    /// <param name="attempts">How many.</param>
    /// <param name="time">The clock.</param>
    /// <param name="noteFailure">Is told the exception's name after each attempt but the last.</param>
    public static ResiliencePipeline Create(int attempts, TimeProvider time, Action<string> noteFailure) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new()
            {
                ShouldHandle = new PredicateBuilder().Handle<RedisException>().Handle<RedisTimeoutException>(),
                MaxRetryAttempts = attempts - 1,
                BackoffType = DelayBackoffType.Constant,
                Delay = Pause,
                OnRetry = failure =>
                {
                    noteFailure(failure.Outcome.Exception!.GetType().Name);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
}
