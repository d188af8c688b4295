using HubSpotMessaging.Service.OAuth;
using HubSpotMessaging.Service.Operators;

namespace HubSpotMessaging.Service.OperatorConsole; // "Console" would hide the other one.

internal static class ConsoleEndpoints
{
    public static void MapConsole(this WebApplication app)
    {
        app.MapGet("/console", (HttpContext http, OperatorGuard guard) => guard.LetsIn(http)
            ? ConsolePage.Show(http, antiForgery: "")
            : OAuthPages.OperatorsOnly(guard, "The console shows what operators may see.", new PageForm("Sign in", AsksForKey: true)));
        app.MapGet("/console/{name}", ConsolePage.File);
    }
}
