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
        if ((await store.ReadAsync()).Raw != stored.Raw)
            return new Adoption.Ended();

        var info = await oauth.IntrospectAsync(stored.Tokens!.RefreshToken, CancellationToken.None);
        if (info.Succeeded ? !info.Value.Active : info.Kind == AnswerKind.NotFound)
            return new Adoption.Dead();
        if (!info.Succeeded || info.Value.HubId is not { } portal)
        {
            LogNotIdentified(info.Kind, info.CorrelationId);
            return new Adoption.NotNow();
        }

        if ((options.Value.PortalId ?? stored.PortalId) is { } expected && portal != expected)
            return new Adoption.Foreign($"The tokens that somebody put into Redis are those of HubSpot account {portal}, and this installation belongs to {expected}.");

        var tokens = stored.Tokens with
        {
            PortalId = portal,
            Generation = stored.Generation + 1,
            Grant = Grant.New(time),
            Origin = TokenOrigin.Granted,
        };
        if (await store.PutAsync(stored, tokens, attempt, new AuthorizationGiven(portal, info.Value.Scopes ?? [])))
            LogAdopted(portal, tokens.Generation);
        return new Adoption.Ended();
    }

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
    public sealed record Foreign(string Why) : Adoption;

    /// <summary>HubSpot does not say.</summary>
    public sealed record NotNow : Adoption;
}
