using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Authorization;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>Turns an authorization code into stored tokens, if they are those of the right account.</summary>
internal sealed partial class OAuthBootstrap(
    OAuthClient oauth, TokenKeeper keeper, TokenStore store, IOptions<HubSpotOptions> options, ILogger<OAuthBootstrap> logger)
{
    /// <param name="code">What HubSpot sent the browser back with.</param>
    /// <param name="secret">The browser's, which the challenge at the start was made of.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task<BootstrapResult> CompleteAsync(string code, string secret, CancellationToken cancellationToken)
    {
        var exchange = await oauth.ExchangeAsync(code, options.Value.Pkce ? secret : null, cancellationToken);
        if (!exchange.Succeeded)
            return new BootstrapResult.Refused(exchange.Problem);
        if (exchange.Value.RefreshToken.IsEmpty)
            return new BootstrapResult.Refused(new HubSpotProblem { Message = "The answer carries no refresh token." });

        var (portalId, scopes) = (exchange.Value.HubId, exchange.Value.Scopes);
        if (portalId is null)
        {
            var info = await oauth.IntrospectAsync(exchange.Value.AccessToken, cancellationToken);
            (portalId, scopes) = (info.Value?.HubId, scopes ?? info.Value?.Scopes);
            if (portalId is null)
                return new BootstrapResult.Refused(info.Problem ?? new HubSpotProblem { Message = "The answer does not tell which account it is." });
        }

        // What is refused is not revoked: another installation of the app may live on the very same grant.
        if (options.Value.PortalId is { } configured && configured != portalId)
            return new BootstrapResult.WrongPortal(portalId.Value, configured, IsConfigured: true);
        if (await keeper.GrantAsync(exchange.Value, portalId.Value, scopes ?? []) is null)
            return new BootstrapResult.WrongPortal(portalId.Value, (await store.ReadAsync()).PortalId ?? 0, IsConfigured: false);

        LogConnected(portalId.Value);
        return new BootstrapResult.Connected(portalId.Value);
    }

    [LoggerMessage(LogLevel.Information, "An operator connected the service to HubSpot account {PortalId}")]
    private partial void LogConnected(long portalId);
}

/// <summary>How a bootstrap ends.</summary>
internal abstract record BootstrapResult
{
    private BootstrapResult()
    {
    }

    /// <summary>The tokens are stored.</summary>
    public sealed record Connected(long PortalId) : BootstrapResult;

    /// <summary>The grant is for another account than the configured one or, without one, the first; nothing is stored.</summary>
    public sealed record WrongPortal(long Granted, long Expected, bool IsConfigured) : BootstrapResult;

    /// <summary>HubSpot gave no tokens.</summary>
    public sealed record Refused(HubSpotProblem Problem) : BootstrapResult;
}
