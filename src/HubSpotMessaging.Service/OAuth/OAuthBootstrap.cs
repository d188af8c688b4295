using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Authorization;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>Turns an authorization code into stored tokens, if they are those of the right account.</summary>
internal sealed class OAuthBootstrap(OAuthClient oauth, TokenKeeper keeper, IOptions<HubSpotOptions> options)
{
    public async Task<BootstrapResult> CompleteAsync(string code, CancellationToken cancellationToken)
    {
        var exchange = await oauth.ExchangeAsync(code, cancellationToken);
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

        if (options.Value.PortalId is { } expected && expected != portalId)
            return new BootstrapResult.WrongPortal(portalId.Value, expected);

        await keeper.GrantAsync(exchange.Value, portalId.Value, scopes ?? []);
        return new BootstrapResult.Connected(portalId.Value);
    }
}

/// <summary>How a bootstrap ends.</summary>
internal abstract record BootstrapResult
{
    private BootstrapResult()
    {
    }

    /// <summary>The tokens are stored.</summary>
    public sealed record Connected(long PortalId) : BootstrapResult;

    /// <summary>The grant is for another account; nothing is stored.</summary>
    public sealed record WrongPortal(long Granted, long Expected) : BootstrapResult;

    /// <summary>HubSpot gave no tokens.</summary>
    public sealed record Refused(HubSpotProblem Problem) : BootstrapResult;
}
