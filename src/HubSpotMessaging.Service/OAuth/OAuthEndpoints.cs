using HubSpotMessaging.HubSpot;
using HubSpotMessaging.Service.Operators;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>The bootstrap: an operator starts it, HubSpot asks for consent, the browser comes back with a code, and is told how it ended.</summary>
internal static partial class OAuthEndpoints
{
    private const string Why = "Connecting decides into which HubSpot account contacts flow.";
    private const string BrowserCookie = "hubspot_oauth";

    /// <summary>What the address of the last page can say. Anybody can write it, so it chooses among fixed texts and no more.</summary>
    private const string Elsewhere = "elsewhere", RedisAway = "redis-away", Failure = "failed";

    public static void MapOAuth(this WebApplication app)
    {
        app.MapGet("/oauth/start", async (HttpContext http, OperatorGuard guard, OperatorTrail trail, OAuthStates states, IOptions<HubSpotOptions> options) =>
        {
            if (!guard.LetsIn(http))
                return guard.WantsSigningIn(http) ? new Redirection("../console/sign-in?to=connect") : OAuthPages.OperatorsOnly(http, Why);
            if (guard.IsByAnotherSite(http))
                return OAuthPages.ComingFromElsewhere;
            await trail.WriteAsync(http, "Connect");
            return await RedirectToConsentAsync(http, states, options.Value);
        }).AddEndpointFilter(ConnectionPage.RedisMayBeAwayAsync);

        app.MapGet("/oauth/callback", async (
            [AsParameters] CallbackQuery query, HttpContext http, OAuthStates states, OAuthBootstrap bootstrap, Endings endings, IOptions<HubSpotOptions> options, ILogger<OAuthBootstrap> logger) =>
        {
            // However it ends, neither code nor state may stay in the address bar and the history.
            try
            {
                var secret = http.Request.Cookies[BrowserCookie];
                if (!await states.RedeemAsync(query.State, secret))
                    return new Redirection($"done?ended={Elsewhere}"); // Kept nowhere: else anybody could fill Redis.

                http.Response.Cookies.Delete(BrowserCookie, BrowserSecret.Cookie(options.Value, "callback"));
                await endings.KeepAsync(await FinishAsync(query, secret!, bootstrap), http);
                return new Redirection("done");
            }
            catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
            {
                return new Redirection($"done?ended={RedisAway}");
            }
#pragma warning disable CA1031 // An error page would stand at the address with the code.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(logger, exception.GetType().Name);
                return new Redirection($"done?ended={Failure}");
            }
        });

        app.MapGet("/oauth/done", async (string? ended, HttpContext http, Endings endings, IOptions<HubSpotOptions> options) => ended switch
        {
            Elsewhere => OAuthPages.NotStartedHere(options.Value),
            RedisAway => OAuthPages.RedisWasAway,
            Failure => OAuthPages.Failed,
            _ => (await endings.FindAsync(http))?.ToPage() ?? OAuthPages.NothingToShow,
        }).AddEndpointFilter(ConnectionPage.RedisMayBeAwayAsync);
    }

    private static async Task<IResult> RedirectToConsentAsync(HttpContext http, OAuthStates states, HubSpotOptions options)
    {
        var (state, secret) = await states.IssueAsync();
        http.Response.Cookies.Append(BrowserCookie, secret, BrowserSecret.Cookie(options, "callback"));
        return new Redirection(QueryHelpers.AddQueryString(options.AuthorizeUrl.AbsoluteUri, new Dictionary<string, string?>
        {
            ["client_id"] = options.ClientId,
            ["redirect_uri"] = options.RedirectUri!.OriginalString,
            ["scope"] = options.Scopes,
            ["optional_scope"] = string.IsNullOrWhiteSpace(options.OptionalScopes) ? null : options.OptionalScopes,
            ["state"] = state,
            ["code_challenge"] = options.Pkce ? BrowserSecret.Challenge(secret) : null,
            ["code_challenge_method"] = options.Pkce ? "S256" : null,
        }));
    }

    /// <summary>Not cancelled by whoever closes the page: a code works once, and what it brings is to be stored.</summary>
    private static async Task<Ending> FinishAsync(CallbackQuery query, string secret, OAuthBootstrap bootstrap)
    {
        if (query.Error is not null)
            return OAuthPages.Declined(query.ErrorDescription ?? query.Error);
        if (string.IsNullOrEmpty(query.Code))
            return OAuthPages.NoCode;
        return OAuthPages.Of(await bootstrap.CompleteAsync(query.Code, secret, CancellationToken.None));
    }

    [LoggerMessage(LogLevel.Error, "Connecting failed: {Exception}")]
    private static partial void LogFailed(ILogger logger, string exception);

    /// <summary>What HubSpot sends the browser back with.</summary>
    private sealed record CallbackQuery(
        string? Code, string? State, string? Error, [property: FromQuery(Name = "error_description")] string? ErrorDescription);
}
