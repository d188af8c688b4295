using System.Globalization;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.Service.Operators;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>The bootstrap: an operator starts it, HubSpot asks for consent, and the browser comes back with a code.</summary>
internal static class OAuthEndpoints
{
    private const string StartPath = "/oauth/start";
    private const string CallbackPath = "/oauth/callback";
    private const string BrowserCookie = "hubspot_oauth";

    public static void MapOAuth(this WebApplication app)
    {
        app.MapGet(StartPath, (HttpContext http, OperatorGuard guard, OAuthStates states, IOptions<HubSpotOptions> options) =>
                guard.LetsIn(http) ? RedirectToConsentAsync(http, states, options.Value) : Task.FromResult(KeepOut(guard, options.Value)))
            .AddEndpointFilter(RedisMayBeAwayAsync);

        app.MapPost(StartPath, ([FromForm] string? key, HttpContext http, OperatorGuard guard, OAuthStates states, IOptions<HubSpotOptions> options) =>
                guard.IsKey(key) ? RedirectToConsentAsync(http, states, options.Value) : Task.FromResult(KeepOut(guard, options.Value)))
            .DisableAntiforgery() // The key in the form is what a forged request cannot have.
            .AddEndpointFilter(RedisMayBeAwayAsync);

        app.MapGet(CallbackPath, async (
            [AsParameters] CallbackQuery query, HttpContext http, OAuthStates states, OAuthBootstrap bootstrap, IOptions<HubSpotOptions> options, CancellationToken cancellationToken) =>
        {
            var isOurs = await states.RedeemAsync(query.State, http.Request.Cookies[BrowserCookie]);
            http.Response.Cookies.Delete(BrowserCookie, new CookieOptions { Path = options.Value.RedirectUri!.AbsolutePath });
            return isOurs ? await FinishAsync(query, bootstrap, cancellationToken) : NotStartedHere(options.Value);
        }).AddEndpointFilter(RedisMayBeAwayAsync);
    }

    private static async Task<IResult> RedirectToConsentAsync(HttpContext http, OAuthStates states, HubSpotOptions options)
    {
        var (state, browserSecret) = await states.IssueAsync();
        http.Response.Cookies.Append(BrowserCookie, browserSecret, new CookieOptions
        {
            Path = options.RedirectUri!.AbsolutePath, // As the browser sees it, which a proxy may have put under a prefix.
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = options.RedirectUri.Scheme == Uri.UriSchemeHttps,
            MaxAge = OAuthStates.Lifetime,
        });
        http.Response.Headers.CacheControl = "no-store";
        return Results.Redirect(QueryHelpers.AddQueryString(options.AuthorizeUrl.AbsoluteUri, new Dictionary<string, string?>
        {
            ["client_id"] = options.ClientId,
            ["redirect_uri"] = options.RedirectUri.OriginalString,
            ["scope"] = options.Scopes,
            ["optional_scope"] = string.IsNullOrWhiteSpace(options.OptionalScopes) ? null : options.OptionalScopes,
            ["state"] = state,
        }));
    }

    private static async Task<IResult> FinishAsync(CallbackQuery query, OAuthBootstrap bootstrap, CancellationToken cancellationToken)
    {
        if (query.Error is not null)
            return Again(400, "HubSpot did not connect the app", $"HubSpot says: {query.ErrorDescription ?? query.Error}", "Nothing has changed.");
        if (string.IsNullOrEmpty(query.Code))
            return Again(400, "Something is missing", "HubSpot sent you back without an authorization code. Nothing has changed.");

        return await bootstrap.CompleteAsync(query.Code, cancellationToken) switch
        {
            BootstrapResult.Connected connected => new Page(
                200,
                "Connected to HubSpot",
                $"The service now works with HubSpot account {connected.PortalId.ToString(CultureInfo.InvariantCulture)}.",
                "Commands that were waiting are being delivered. You can close this page."),
            BootstrapResult.WrongPortal wrong => Again(
                403,
                "This is another HubSpot account",
                $"You connected account {Id(wrong.Granted)}, but this installation belongs to account {Id(wrong.Expected)} (HubSpot:PortalId).",
                "Nothing has changed. Start again and choose the right account. If HubSpot lists the app in the other account now, uninstall it there."),
            BootstrapResult.Refused refused => Again(
                502,
                "HubSpot did not give out tokens",
                $"HubSpot says: {refused.Problem.Message}",
                refused.Problem.CorrelationId is { } id ? $"Nothing has changed. HubSpot's support may ask for the correlation id {id}." : "Nothing has changed."),
            _ => throw new InvalidOperationException("A bootstrap ends in one of three ways."),
        };
    }

    private static IResult KeepOut(OperatorGuard guard, HubSpotOptions options) => guard.WantsKey
        ? new Page(401, "Operators only", "Connecting decides into which HubSpot account contacts flow. Enter the operator key to go on.")
        {
            AsksForKey = true,
            FormLeadsTo = options.AuthorizeUrl,
        }
        : new Page(
            403,
            "Operators only",
            "No operator key is configured, so this page answers only in a browser on the machine of the service, without a proxy in between.",
            "To use it from elsewhere, set Operator:Key and restart the service.");

    private static Page NotStartedHere(HubSpotOptions options) => new(
        400,
        "This did not start here",
        "The address you came with does not belong to a connection that was started in this browser in the last ten minutes. It may have been used already, or somebody else may have made it.",
        "Nothing has changed. Start again, at the very address below: a browser that started under another host name is not known here.")
    {
        Next = (new Uri(options.RedirectUri!, "start").AbsoluteUri, "Start again"),
    };

    /// <summary>Says so, instead of an error that says nothing.</summary>
    private static async ValueTask<object?> RedisMayBeAwayAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            return Again(503, "Not just now", "The service cannot reach Redis, where it keeps the tokens. Nothing has changed; try again in a moment.");
        }
    }

    private static Page Again(int status, string title, params string[] paragraphs) => new(status, title, paragraphs) { Next = ("start", "Start again") };

    private static string Id(long portalId) => portalId.ToString(CultureInfo.InvariantCulture);

    /// <summary>What HubSpot sends the browser back with.</summary>
    private sealed record CallbackQuery(
        string? Code, string? State, string? Error, [property: FromQuery(Name = "error_description")] string? ErrorDescription);
}
