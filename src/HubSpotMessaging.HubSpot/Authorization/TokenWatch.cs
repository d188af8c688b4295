using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// Keeps the tokens fresh while no commands flow, takes up at once what another replica or a person has stored, and does not let the
/// process end in the middle of a refresh.
/// </summary>
internal sealed partial class TokenWatch(TokenKeeper keeper, StateChanges changes, TimeProvider time, ILogger<TokenWatch> logger) : BackgroundService
{
    private static readonly TimeSpan FirstLookMayTake = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WhileDue = TimeSpan.FromSeconds(1);

    /// <summary>Looks before anything else starts, so that a fresh installation waits from the first moment on.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await keeper.LookAsync(cancellationToken).WaitAsync(FirstLookMayTake, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await keeper.SettledAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var news = changes.Listen();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await keeper.LookAsync(stoppingToken);
            }
            catch (AuthorizationUnavailableException)
            {
                // Said where it was found out.
            }
#pragma warning disable CA1031 // The watch must outlive whatever happens to one look.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(exception.GetType().Name);
            }

            await news.WaitAsync(NextLook(), stoppingToken);
        }
    }

    private TimeSpan NextLook() => keeper.DueIn switch
    {
        { } due when due <= TimeSpan.Zero => WhileDue,
        { } due when due < StateChanges.LookAnyway => due,
        _ => StateChanges.LookAnyway,
    };

    [LoggerMessage(LogLevel.Error, "Looking after the access token failed: {Exception}")]
    private partial void LogFailed(string exception);
}
