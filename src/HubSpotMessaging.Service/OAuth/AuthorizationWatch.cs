using HubSpotMessaging.HubSpot.Authorization;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>
/// Keeps the access token fresh while no commands flow, and says at the start that a fresh installation waits to be connected.
/// </summary>
internal sealed class AuthorizationWatch(TokenKeeper keeper, TimeProvider time) : BackgroundService
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
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
