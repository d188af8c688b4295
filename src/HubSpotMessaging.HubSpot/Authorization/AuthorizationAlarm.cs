using HubSpotMessaging.HubSpot.Line;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>Says in this replica's log that a person is needed, and where to go. Everybody else is told by the outbox.</summary>
internal sealed partial class AuthorizationAlarm(DeliveryLine line, LineStore lines, IOptions<HubSpotOptions> options, ILogger<AuthorizationAlarm> logger)
{
    /// <summary>The token has ended, and HubSpot's token endpoint gives no other.</summary>
    internal static readonly PauseReason NoToken = new("tokens", "TokenUnavailable");

    private static readonly TimeSpan Reminder = TimeSpan.FromDays(1);

    /// <summary>Within this time all replicas have a token again.</summary>
    private static readonly TimeSpan OthersMayTake = TimeSpan.FromSeconds(60);

    private StoredAuthorization? _told;

    /// <summary>Tells of a loss; null when there is none. Each replica says it once for each, since nobody knows whose log is read.</summary>
    public void Tell(AuthorizationLoss? loss, StoredAuthorization stored)
    {
        if (loss is not null)
            line.ResumeHere(NoToken); // It has become a reason for all.
        if (_told is { } told && told.Loss == loss && told.Raw.Refresh == stored.Raw.Refresh)
            return;

        _told = stored with { Loss = loss };
        if (loss is { } known)
            LogRequired(known, options.Value.ConnectAddress);
    }

    /// <summary>
    /// Something is wrong with what an operator has set, perhaps at this replica alone: nothing is delivered here, and the others go on as
    /// they can. It is announced once a day over all replicas. Returns what to throw.
    /// </summary>
    public async Task<AuthorizationUnavailableException> RefuseAsync(string why)
    {
        var isNews = !line.Reasons.Any(reason => reason.Detail == why);
        line.PauseHere(TokenStore.NoAuthorization with { Detail = why });
        line.ResumeHere(NoToken);
        if (isNews)
        {
            LogRefused(why, options.Value.ConnectAddress);
            await lines.TellOnceAsync(why, Reminder, new AuthorizationMissing(AuthorizationLoss.NotYetAuthorized, options.Value.PortalId));
        }

        return new(why);
    }

    /// <summary>
    /// There is no token to be had for a while, and nobody can help that: nothing is delivered here meanwhile. The others, which may see
    /// HubSpot better, find out for themselves. Returns what to throw.
    /// </summary>
    public AuthorizationUnavailableException Wait(string why)
    {
        if (!line.Reasons.Contains(NoToken))
            LogNoToken(why);
        line.PauseHere(NoToken);
        return new(why);
    }

    /// <summary>There are tokens again that can be used here.</summary>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached.</exception>
    public async Task EndAsync()
    {
        line.ResumeHere(TokenStore.NoAuthorization);
        if (!line.Reasons.Contains(NoToken))
            return;

        await lines.TellOnceAsync(NoToken.Reason, OthersMayTake, new LinePaused(NoToken), new LineResumed(NoToken));
        line.ResumeHere(NoToken);
    }

    [LoggerMessage(LogLevel.Error, "{Why} Commands wait here until there is one")]
    private partial void LogNoToken(string why);

    [LoggerMessage(LogLevel.Critical, "{Why} Commands wait here; an operator sets that right, or connects the service again: {ConnectAddress}")]
    private partial void LogRefused(string why, Uri connectAddress);

    [LoggerMessage(LogLevel.Critical, "A person must connect the service to HubSpot ({Loss}): {ConnectAddress}. Commands wait until then")]
    private partial void LogRequired(AuthorizationLoss loss, Uri connectAddress);
}
