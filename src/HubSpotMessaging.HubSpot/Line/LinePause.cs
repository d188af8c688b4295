using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Line;

/// <summary>
/// Pauses the line on account of a command, and waits until this replica has noticed: given back to its queue before that, the command
/// would come again at once.
/// </summary>
public sealed class LinePause(LineStore lines, DeliveryLine line, TimeProvider time)
{
    private static readonly TimeSpan NoticeMayTake = TimeSpan.FromSeconds(1);

    /// <summary>Adds a reason, unless it is there. Never fails: without Redis the line pauses for that.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="grant">The grant that it is about, if it is about one: with another one it is none any more.</param>
    /// <param name="cancellationToken">Ends the waiting, not the pausing.</param>
    public async Task PauseAsync(PauseReason reason, string? grant, CancellationToken cancellationToken)
    {
        try
        {
            var changed = line.Changed;
            await lines.PauseAsync(reason, grant);
            await changed.WaitAsync(NoticeMayTake, time, cancellationToken);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException or TimeoutException or OperationCanceledException)
        {
            // Noticed, or it will be.
        }
    }
}
