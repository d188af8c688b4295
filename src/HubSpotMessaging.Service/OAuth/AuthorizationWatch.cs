using HubSpotMessaging.HubSpot.Authorization;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>
/// Keeps the access token fresh while no commands flow, and says at the start that a fresh installation waits to be connected.
/// </summary>
internal sealed partial class AuthorizationWatch(TokenKeeper keeper, TimeProvider time, ILogger<AuthorizationWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await keeper.GetAsync(stoppingToken);
            }
            catch (AuthorizationUnavailableException)
            {
                // Said by the keeper, once.
            }
#pragma warning disable CA1031 // The watch must outlive whatever happens to one look.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (stoppingToken.IsCancellationRequested)
                    return;
                LogFailed(exception.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Error, "Looking after the access token failed: {Exception}")]
    private partial void LogFailed(string exception);
}
