using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Service.Telemetry;
using MassTransit;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.Announcements;

/// <summary>
/// Publishes what has happened to authorization and line, one replica for all of them, in order. A crash may repeat an announcement,
/// with the same message id.
/// </summary>
internal sealed partial class Announcer(
    Outbox outbox,
    IBus bus,
    AlertWebhook webhook,
    Metrics metrics,
    StateChanges changes,
    IOptions<HubSpotOptions> options,
    TimeProvider time,
    ILogger<Announcer> logger) : BackgroundService
{
    private static readonly TimeSpan PublishMayTake = TimeSpan.FromSeconds(10);

    /// <summary>What is being published at the end of the process, normally in no time.</summary>
    private static readonly TimeSpan LastMayTake = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var news = changes.Listen();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await outbox.PublishAsync(announcement => TellAsync(announcement, stoppingToken), TurnFor);
            }
#pragma warning disable CA1031 // Whatever the bus or Redis has, what is to be told waits until it can be.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                // While Redis is away, that has been said already; at the end the next process goes on.
                if (exception is not (RedisException or RedisTimeoutException) && !stoppingToken.IsCancellationRequested)
                    LogNotPublished(exception.GetType().Name);
            }

            await news.WaitAsync(StateChanges.LookAnyway, stoppingToken);
        }
    }

    /// <summary>No longer than needed, since whoever dies in his turn lets the others wait to its end.</summary>
    private TimeSpan TurnFor(Announcement announcement) =>
        PublishMayTake + (announcement is AuthorizationMissing && webhook.IsOn ? AlertWebhook.MayTake : TimeSpan.Zero);

    private async Task TellAsync(Announcement announcement, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var patience = new CancellationTokenSource(PublishMayTake, time);
        using var last = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, last.Token);
        await using var ending = cancellationToken.UnsafeRegister(_ => last.CancelAfter(LastMayTake), null);
        var message = ToEvent(announcement);
        await bus.Publish(message, message.GetType(), context => context.MessageId = announcement.Id, limit.Token);

        if (message is TokenRefreshed)
            metrics.TokenRefreshed();
        if (message is AuthorizationRequired required)
        {
            metrics.AuthorizationLost(required.Reason);
            await webhook.SendAsync(required, announcement.Id, cancellationToken);
        }
    }

    private object ToEvent(Announcement announcement) => announcement switch
    {
        TokensRefreshed refreshed => new TokenRefreshed
        {
            PortalId = refreshed.PortalId,
            ExpiresAt = refreshed.ExpiresAt,
            Generation = refreshed.Generation,
        },
        AuthorizationMissing missing => new AuthorizationRequired
        {
            PortalId = missing.PortalId ?? options.Value.PortalId,
            Reason = ReasonOf(missing.Loss),
            ReconnectUrl = options.Value.ConnectAddress.AbsoluteUri,
        },
        AuthorizationGiven given => new AuthorizationGranted { PortalId = given.PortalId, Scopes = given.Scopes },
        LinePaused { Reason: var reason } => new DeliveryPaused { Reason = reason.Reason, Scope = reason.Scope, Until = reason.Until },
        LineResumed { Reason: var reason } => new DeliveryResumed { Reason = reason.Reason, Scope = reason.Scope },
        _ => throw new InvalidOperationException($"There is no event for {announcement.GetType().Name}."),
    };

    private static AuthorizationLossReason ReasonOf(AuthorizationLoss loss) => loss switch
    {
        AuthorizationLoss.NotYetAuthorized or AuthorizationLoss.OtherAccount => AuthorizationLossReason.NotYetAuthorized,
        AuthorizationLoss.ClientRejected => AuthorizationLossReason.ClientRejected,
        _ => AuthorizationLossReason.Revoked,
    };

    [LoggerMessage(LogLevel.Warning, "What has happened cannot be published yet: {Exception}. It is kept, and tried again")]
    private partial void LogNotPublished(string exception);
}

internal static class AnnouncementExtensions
{
    public static void AddAnnouncements(this IServiceCollection services)
    {
        // Loggers and spans write addresses, and the one of a webhook is a secret.
        services.AddHttpClient<AlertWebhook>()
            .UseSocketsHttpHandler((handler, _) => (handler.ActivityHeadersPropagator, handler.AllowAutoRedirect) = (null, false))
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        services.AddHostedService<Announcer>();
    }
}
