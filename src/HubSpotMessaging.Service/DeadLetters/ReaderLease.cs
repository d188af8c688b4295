using StackExchange.Redis;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// Lets one replica read the dead letters at a time. Two that do for a moment, because one has overslept, share the messages, which is
/// harmless: each acts only on what it holds itself.
/// </summary>
internal sealed class ReaderLease(IConnectionMultiplexer redis, TimeProvider time)
{
    private const string Key = "hubspot:dead-letters:reader";

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan BetweenRenewals = TimeSpan.FromSeconds(2);

    private readonly string _owner = Guid.NewGuid().ToString("N");

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Whether any replica reads.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public Task<bool> IsTakenAsync() => Database.KeyExistsAsync(Key);

    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<bool> TryTakeAsync() =>
        await Database.StringSetAsync(Key, _owner, Duration, When.NotExists) || await Database.LockExtendAsync(Key, _owner, Duration);

    /// <summary>Keeps the lease until it is cancelled, and cancels when it is lost.</summary>
    public async Task KeepAsync(CancellationTokenSource holding)
    {
        await RenewAsync(holding.Token);
        await holding.CancelAsync();
    }

    /// <summary>Lets the next replica read at once. Never fails: the lease ends by itself.</summary>
    public async Task ReleaseAsync()
    {
        try
        {
            await Database.LockReleaseAsync(Key, _owner);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            // It ends by itself.
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var renewed = time.GetTimestamp();
        while (time.GetElapsedTime(renewed) < Duration)
        {
            try
            {
                await Task.Delay(BetweenRenewals, time, cancellationToken);
                var now = time.GetTimestamp();
                if (!await Database.LockExtendAsync(Key, _owner, Duration))
                    return;
                renewed = now;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
            {
                // It may answer before the lease has ended.
            }
        }
    }
}
