using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Line;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>Makes tokens ours that somebody has put into Redis by hand, when HubSpot says that they are of the right account.</summary>
internal sealed partial class TokenAdoption(
    TokenStore store, OAuthClient oauth, IOptions<HubSpotOptions> options, TimeProvider time, ILogger<TokenAdoption> logger)
{
    /// <summary>Whoever writes four keys by hand may do so one after the other.</summary>
    private static readonly TimeSpan HandsMayTake = TimeSpan.FromSeconds(1);

    /// <summary>Tries it, once. The attempt is the caller's to settle.</summary>
    public async Task<Adoption> TryAsync(string attempt, StoredAuthorization stored)
    {
        await Task.Delay(HandsMayTake, time);
        var now = await store.ReadAsync();
        if (now.Raw != stored.Raw || !now.IsByHand)
            return new Adoption.Ended(); // Another replica has taken them up since.

        var info = await oauth.IntrospectAsync(stored.Tokens!.RefreshToken, CancellationToken.None);
        if (info is { Succeeded: true, Value.Active: false })
            return new Adoption.Dead();
        if (!info.Succeeded || info.Value.HubId is not { } portal)
        {
            LogNotIdentified(info.Kind, info.CorrelationId);
            return new Adoption.NotNow();
        }

        if ((options.Value.PortalId ?? stored.PortalId) is { } expected && portal != expected)
        {
            LogForeign(portal, expected);
            return new Adoption.Foreign();
        }

        var tokens = stored.Tokens with
        {
            PortalId = portal,
            Scopes = info.Value.Scopes is { Count: > 0 } scopes ? string.Join(' ', scopes) : null,
            Lifetime = await IsGoodAsync(stored.Tokens.AccessToken, portal) ? stored.Tokens.Lifetime : TimeSpan.Zero, // A refresh brings one that is.
            Generation = stored.Generation + 1,
            Grant = Grant.After(time, stored.Grant),
            Origin = TokenOrigin.Granted,
        };
        if (await store.PutAsync(stored, tokens, attempt, new AuthorizationGiven(portal, info.Value.Scopes ?? [])))
            LogAdopted(portal, tokens.Generation);
        return new Adoption.Ended();
    }

    /// <summary>Whether the access token beside it is of the same account: the two may have come from different hands.</summary>
    private async Task<bool> IsGoodAsync(AccessToken accessToken, long portal) =>
        await oauth.IntrospectAsync(accessToken, CancellationToken.None) is { Succeeded: true, Value: { Active: true, HubId: { } hub } } && hub == portal;

    [LoggerMessage(LogLevel.Error, "The tokens that somebody put into Redis are those of HubSpot account {PortalId}, and this installation belongs to {Expected}")]
    private partial void LogForeign(long portalId, long expected);

    [LoggerMessage(LogLevel.Information, "Tokens put into Redis by hand are taken up: HubSpot account {PortalId}, generation {Generation}")]
    private partial void LogAdopted(long portalId, long generation);

    [LoggerMessage(LogLevel.Warning, "HubSpot does not say whose the tokens are that somebody put into Redis: {Kind} (correlation id {CorrelationId})")]
    private partial void LogNotIdentified(AnswerKind kind, string? correlationId);
}

/// <summary>What came of tokens that somebody put there.</summary>
internal abstract record Adoption
{
    /// <summary>They are ours now, or others have come meanwhile.</summary>
    public sealed record Ended : Adoption;

    /// <summary>HubSpot does not honour them.</summary>
    public sealed record Dead : Adoption;

    /// <summary>They are of another account.</summary>
    public sealed record Foreign : Adoption;

    /// <summary>HubSpot does not say.</summary>
    public sealed record NotNow : Adoption;
}
