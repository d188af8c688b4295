using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Authorization;
using MassTransit;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>Tells the bus what happens to the authorization.</summary>
internal sealed partial class AuthorizationAnnouncer(IBus bus, IOptions<HubSpotOptions> options, TimeProvider time, ILogger<AuthorizationAnnouncer> logger)
    : IAuthorizationEvents
{
    /// <summary>A refresh must not hang on a bus that is away.</summary>
    private static readonly TimeSpan PublishMayTake = TimeSpan.FromSeconds(10);

    public Task RefreshedAsync(TokenSet tokens, CancellationToken cancellationToken) =>
        PublishAsync(
            new TokenRefreshed { PortalId = tokens.PortalId, ExpiresAt = tokens.ExpiresAt, Generation = tokens.Generation },
            cancellationToken);

    public Task RequiredAsync(AuthorizationLoss loss, long? portalId, CancellationToken cancellationToken) =>
        PublishAsync(
            new AuthorizationRequired
            {
                PortalId = portalId ?? options.Value.PortalId,
                Reason = loss switch
                {
                    AuthorizationLoss.NotYetAuthorized => AuthorizationLossReason.NotYetAuthorized,
                    AuthorizationLoss.ClientRejected => AuthorizationLossReason.ClientRejected,
                    _ => AuthorizationLossReason.Revoked,
                },
                ReconnectUrl = new Uri(options.Value.RedirectUri!, "start").AbsoluteUri,
            },
            cancellationToken);

    public Task GrantedAsync(long portalId, IReadOnlyList<string> scopes, CancellationToken cancellationToken) =>
        PublishAsync(new AuthorizationGranted { PortalId = portalId, Scopes = scopes }, cancellationToken);

    private async Task PublishAsync<T>(T message, CancellationToken cancellationToken)
        where T : class
    {
        using var patience = new CancellationTokenSource(PublishMayTake, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await bus.Publish(message, limit.Token);
        }
#pragma warning disable CA1031 // Whatever the bus has, what is announced has happened and stays so.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotAnnounced(typeof(T).Name, exception.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Event} could not be published: {Exception}")]
    private partial void LogNotAnnounced(string @event, string exception);
}
