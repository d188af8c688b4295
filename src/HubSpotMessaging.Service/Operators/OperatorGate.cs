using HubSpotMessaging.Service.OAuth;
using HubSpotMessaging.Service.Operators.SigningIn;
using Microsoft.AspNetCore.Antiforgery;

namespace HubSpotMessaging.Service.Operators;

/// <summary>
/// Stands before everything of the operators' API, also before what is not there, so that nobody else learns anything; nothing is kept
/// by anybody on the way.
/// </summary>
internal sealed class OperatorGate(RequestDelegate next, OperatorGuard guard, IAntiforgery antiForgery)
{
    private const string Title = "Operators only";

    public async Task InvokeAsync(HttpContext http)
    {
        SecurityHeaders.KeepPrivate(http.Response);
        try
        {
            if (await RefusalAsync(http) is { } refusal)
                await refusal.ExecuteAsync(http);
            else
                await next(http);
        }
        catch (Exception exception) when (ConnectionPage.TellsThatRedisIsAway(exception) && !http.Response.HasStarted)
        {
            http.Response.Clear();
            SecurityHeaders.KeepPrivate(http.Response);
            await TypedResults.Problem("Redis, where everything that operators see is kept, does not answer.", statusCode: 503, title: "Not just now").ExecuteAsync(http);
        }
    }

    private async Task<IResult?> RefusalAsync(HttpContext http)
    {
        if (!guard.LetsIn(http))
            return KeepOut(http);

        var onlyReads = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        if ((onlyReads || !guard.WantsKey) && guard.IsByAnotherSite(http)) // Also reading: what is revealed is in the trail.
            return TypedResults.Problem("Another site must not ask for this.", statusCode: 403, title: Title);
        return !onlyReads && guard.WantsAntiForgery(http) && !await antiForgery.IsRequestValidAsync(http)
            ? TypedResults.Problem($"A change by a browser needs the token of the console's page in the header {OperatorCookie.AntiForgeryHeader}. Reload the page.", statusCode: 403, title: Title)
            : null;
    }

    private IResult KeepOut(HttpContext http)
    {
        if (OperatorGuard.TellToWait(http) is { } wait)
            return TypedResults.Problem($"Too many wrong keys came from there. Try again in {wait} seconds.", statusCode: 429, title: "Too many wrong keys");
        return guard.WantsKey
            ? TypedResults.Problem($"Send the operator key in the header {OperatorGuard.Header}, or sign in at /console.", statusCode: 401, title: Title)
            : TypedResults.Problem("As long as Operator:Key is not set, only direct requests from this machine are let in.", statusCode: 403, title: Title);
    }
}
