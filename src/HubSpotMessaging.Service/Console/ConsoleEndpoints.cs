using HubSpotMessaging.Service.OAuth;
using HubSpotMessaging.Service.Operators;
using HubSpotMessaging.Service.Operators.SigningIn;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace HubSpotMessaging.Service.OperatorConsole; // "Console" would hide the other one.

/// <summary>The operators' console: signing in, and what only they see then.</summary>
internal static class ConsoleEndpoints
{
    private const string Root = "/console";
    private const string ConsolePath = "../console", SignInPath = "sign-in", SignInFromRoot = "console/sign-in";
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
            : KeepOut(http, antiForgery));
        console.MapGet("/{name}", IResult (HttpContext http, string name, OperatorGuard guard, IAntiforgery antiForgery) =>
            guard.LetsIn(http) ? ConsolePage.File(http, name) : guard.WantsKey ? new Redirection(SignInPath) : KeepOut(http, antiForgery));

        console.MapGet("/sign-in", IResult (HttpContext http, OperatorGuard guard, IAntiforgery antiForgery) =>
            guard.LetsIn(http) ? new Redirection(ConsolePath) : KeepOut(http, antiForgery));
        console.MapPost("/sign-in", SignInAsync);
        console.MapPost("/sign-out", SignOutAsync);
    }

    private static async Task<IResult> SignInAsync(HttpContext http, OperatorGuard guard, IAntiforgery antiForgery)
    {
        if (!guard.WantsKey)
            return guard.LetsIn(http) ? new Redirection(ConsolePath) : KeepOut(http, antiForgery);
        if (!await antiForgery.IsRequestValidAsync(http))
            return AskAgain;

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (!guard.IsKey(http, form["key"]))
            return KeepOut(http, antiForgery);

        await http.SignInAsync(Operator.Clean(form["name"]));
        return new Redirection(ConsolePath);
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, IAntiforgery antiForgery)
    {
        if (!await antiForgery.IsRequestValidAsync(http))
            return AskAgain;

        await http.SignOutAsync(OperatorCookie.Scheme);
        return new Redirection(SignInPath);
    }

    /// <summary>Another site may have sent the form.</summary>
    private static Page AskAgain => new(403, "This page was open too long", "What it sends cannot be told any more from what another page might send. Nothing has changed.")
    {
        Next = (SignInPath, "Go on"),
    };

    private static Page KeepOut(HttpContext http, IAntiforgery antiForgery) => OAuthPages.OperatorsOnly(
        http, Why, new PageForm("Sign in", AsksForKey: true) { AsksForName = true, AntiForgery = antiForgery.GetAndStoreTokens(http).RequestToken });
}
