using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HubSpotMessaging.HubSpot.Line;

/// <summary>
/// Lets this replica's line follow Redis. While Redis is away, the line pauses here by itself: without Redis there is neither a token
/// to be sure of nor a quota.
/// </summary>
internal sealed partial class LineWatch(LineStore store, DeliveryLine line, StateChanges changes, TimeProvider time, ILogger<LineWatch> logger)
    : BackgroundService
{
    private static readonly PauseReason RedisIsAway = new("redis", "RedisUnavailable");
    private static readonly TimeSpan AnswerMayTake = TimeSpan.FromSeconds(2);

    /// <summary>Within this time all replicas notice that Redis is back.</summary>
    private static readonly TimeSpan OthersMayTake = TimeSpan.FromSeconds(60);

    /// <summary>Follows before anything else starts.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookAsync();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var news = changes.Listen();
        while (!stoppingToken.IsCancellationRequested)
        {
            var isThere = await LookAsync();
            await news.WaitAsync(isThere ? StateChanges.LookAnyway : AnswerMayTake, stoppingToken);
        }
    }

    private async Task<bool> LookAsync()
    {
        try
        {
            var reasons = await store.ReadAsync().WaitAsync(AnswerMayTake, time);
            if (line.Reasons.Contains(RedisIsAway))
            {
                // First, which also proves that it takes writes.
                await store.TellOnceAsync(RedisIsAway.Reason, OthersMayTake, new LinePaused(RedisIsAway), new LineResumed(RedisIsAway))
                    .WaitAsync(AnswerMayTake, time);
                LogBack();
            }

            line.Follow(reasons);
            line.ResumeHere(RedisIsAway);

            return true;
        }
#pragma warning disable CA1031 // Whatever Redis has: without knowing the line nothing is delivered, and the watch goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!line.Reasons.Contains(RedisIsAway))
                LogAway(exception.GetType().Name);
            line.PauseHere(RedisIsAway);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Error, "Redis does not answer ({Exception}): commands wait in their queues until it does")]
    private partial void LogAway(string exception);

    [LoggerMessage(LogLevel.Information, "Redis answers again")]
    private partial void LogBack();
}
