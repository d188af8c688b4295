using HubSpotMessaging.HubSpot;
using HubSpotMessaging.Service.Startup;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// Reads the dead letters, one replica for all of them: holds them without acknowledging, keeps the index, and carries out what operators
/// ask for. When it ends, however it does, everything is in the queues again, and the next replica takes over.
/// </summary>
internal sealed partial class DeadLetterReader(
    ReaderLease lease,
    DeadLetterIndex index,
    DeadLetterRequests requests,
    DeadLetterActions actions,
    QueueDepths depths,
    StateChanges changes,
    IOptions<ServerOptions> servers,
    IOptions<DeadLetterOptions> options,
    TimeProvider time,
    ILogger<DeadLetterReader> logger) : BackgroundService
{
    /// <summary>Well before the broker's consumer timeout of 30 minutes, which would close the channel.</summary>
    private static readonly TimeSpan HeldFor = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLooksAtFirst = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether it has been said that they cannot be read.</summary>
    private bool _isFailing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Read)
            return;

        await using var news = changes.Listen();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await lease.TryTakeAsync())
                    await ReadAsync(news, stoppingToken);
            }
#pragma warning disable CA1031 // Whatever the broker or Redis has: the dead letters are safe in their queues, and are read again later.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (!stoppingToken.IsCancellationRequested && !_isFailing)
                    LogFailed(exception.GetType().Name);
                _isFailing = true;
            }

            await news.WaitAsync(BetweenAttempts, stoppingToken);
        }
    }

    private async Task ReadAsync(StateChanges.Listener news, CancellationToken stoppingToken)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var keeping = lease.KeepAsync(reading);
        try
        {
            while (!reading.IsCancellationRequested)
            {
                await using var held = await HeldLetters.OpenAsync(new(servers.Value.RabbitMq), index, time, reading.Token);
                using var holding = CancellationTokenSource.CreateLinkedTokenSource(reading.Token, held.Ended);
                await HoldAsync(held, news, holding.Token);
            }
        }
        finally
        {
            await reading.CancelAsync();
            await keeping;
            await lease.ReleaseAsync();
        }
    }

    private async Task HoldAsync(HeldLetters held, StateChanges.Listener news, CancellationToken cancellationToken)
    {
        var opened = time.GetTimestamp();
        var isSwept = false;
        while (time.GetElapsedTime(opened) < HeldFor)
        {
            if (held is { IsComplete: true, IsAlone: true })
            {
                if (!isSwept)
                    LogRead(await held.SweepAsync(cancellationToken), await index.CountAsync());
                (isSwept, _isFailing) = (true, false);
                while (await requests.NextAsync() is { } request)
                    await actions.CarryOutAsync(request, held, cancellationToken);
            }

            var wasAlone = held.IsAlone;
            var looked = time.GetUtcNow();
            await held.LookAsync(cancellationToken);
            if (wasAlone && !held.IsAlone)
                LogNotAlone();
            await depths.WriteAsync(held.Depths, held.IsComplete, looked);
            await news.WaitAsync(held.IsComplete ? BetweenLooks : BetweenLooksAtFirst, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "The dead letters are read: {Removed} that were told of are gone, {Count} are there")]
    private partial void LogRead(int removed, long count);

    [LoggerMessage(LogLevel.Warning, "Somebody else consumes dead letters. Nothing that operators ask for is carried out until he has gone")]
    private partial void LogNotAlone();

    [LoggerMessage(LogLevel.Warning, "The dead letters cannot be read at the moment: {Exception}. They are safe in their queues, and read when that has passed")]
    private partial void LogFailed(string exception);
}
