using HubSpotMessaging.HubSpot;
using HubSpotMessaging.Service.OAuth;
using HubSpotMessaging.Service.Operators;
using HubSpotMessaging.Service.Operators.SigningIn;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.OperatorConsole; // "Console" would hide the other one.

/// <summary>The operators' console: signing in, and what only they see then.</summary>
internal static class ConsoleEndpoints
{
    private const string Root = "/console";
    private const string ConsolePath = "../console", SignInPath = "sign-in", SignInFromRoot = "console/sign-in";
    private const string Connecting = "connect";
    private const string Why = "The console shows what operators see, and does what they do.";

    public static void MapConsole(this WebApplication app)
    {
        app.UseWhen(http => http.Request.Path.StartsWithSegments(Root, StringComparison.OrdinalIgnoreCase), branch => branch.Use((http, next) =>
        {
            SecurityHeaders.KeepPrivate(http.Response);
            return next(http);
        }));

        var console = app.MapGroup(Root).AddEndpointFilter(ConnectionPage.RedisMayBeAwayAsync);
        console.MapGet("", IResult (HttpContext http, OperatorGuard guard, IAntiforgery antiForgery) =>
            guard.LetsIn(http) ? ConsolePage.Show(http, antiForgery.GetAndStoreTokens(http).RequestToken!)
            : guard.WantsKey ? new Redirection(http.Request.Path.Value!.EndsWith('/') ? SignInPath : SignInFromRoot)
            : OAuthPages.OperatorsOnly(http, Why));
        console.MapGet("/{name}", IResult (HttpContext http, string name, OperatorGuard guard) =>
            guard.LetsIn(http) ? ConsolePage.File(http, name) : guard.WantsKey ? new Redirection(SignInPath) : OAuthPages.OperatorsOnly(http, Why));

        console.MapGet("/sign-in", IResult (string? to, HttpContext http, OperatorGuard guard, IAntiforgery antiForgery, IOptions<HubSpotOptions> options) =>
            guard.LetsIn(http) ? new Redirection(Destination(to)) : Ask(http, to, antiForgery, options.Value));
        console.MapPost("/sign-in", SignInAsync);
        console.MapPost("/sign-out", SignOutAsync);
    }

    private static async Task<IResult> SignInAsync(
        string? to, HttpContext http, OperatorGuard guard, OperatorTrail trail, IAntiforgery antiForgery, IOptions<HubSpotOptions> options)
    {
        if (!guard.WantsKey)
            return guard.LetsIn(http) ? new Redirection(Destination(to)) : OAuthPages.OperatorsOnly(http, Why);
        if (!await antiForgery.IsRequestValidAsync(http))
            return AskAgain;

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (!guard.IsKey(http, form["key"]))
            return Ask(http, to, antiForgery, options.Value);

        http.User = OperatorCookie.Operator(Operator.Clean(form["name"]));
        await trail.WriteAsync(http, "SignIn");
        await http.SignInAsync(OperatorCookie.Scheme, http.User);
        return new Redirection(Destination(to));
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, OperatorTrail trail, IAntiforgery antiForgery)
    {
        if (!await antiForgery.IsRequestValidAsync(http))
            return AskAgain;

        await http.SignOutAsync(OperatorCookie.Scheme); // First, since that must not fail.
        if (http.IsSignedIn())
            await trail.WriteAsync(http, "SignOut");
        return new Redirection(SignInPath);
    }

    /// <summary>Where somebody was going who had to sign in first.</summary>
    private static string Destination(string? to) => to == Connecting ? "../oauth/start" : ConsolePath;

    /// <summary>Another site may have sent the form.</summary>
    private static Page AskAgain => new(403, "This page was open too long", "What it sends cannot be told any more from what another page might send. Nothing has changed.")
    {
        Next = (SignInPath, "Go on"),
    };

    private static Page Ask(HttpContext http, string? to, IAntiforgery antiForgery, HubSpotOptions options) => OAuthPages.OperatorsOnly(
        http, Why, new(antiForgery.GetAndStoreTokens(http).RequestToken!, to == Connecting ? options.AuthorizeUrl : null));
}
