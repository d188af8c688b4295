using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.Service.Operators;
using HubSpotMessaging.Service.Operators.SigningIn;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>The way out: an operator takes the grant back.</summary>
internal static class DisconnectEndpoints
{
    private const string Path = "/oauth/disconnect";

    public static void MapDisconnect(this WebApplication app)
    {
        app.MapGet(Path, (HttpContext http, OperatorGuard guard) => guard.WantsKey || guard.LetsIn(http) ? Ask(AsksForKey(http, guard)) : KeepOut(http, guard))
            .AddEndpointFilter(ConnectionPage.RedisMayBeAwayAsync);

        app.MapPost(Path, async (HttpContext http, OperatorGuard guard, OperatorTrail trail, TokenKeeper tokens) =>
        {
            if (!guard.LetsAct(http, await PageForm.KeyAsync(http.Request)))
                return guard.LetsIn(http) ? SentByAnotherSite() : KeepOut(http, guard);
            await trail.WriteAsync(http, "Revoke");
            return Tell(await tokens.DisconnectAsync());
        }).AddEndpointFilter(ConnectionPage.RedisMayBeAwayAsync);
    }

    private static Page Ask(bool asksForKey) => new(
        200,
        "Disconnect from HubSpot?",
        "The service gives its grant back to HubSpot and forgets its tokens. From then on commands wait until somebody connects it again.",
        "The app stays in HubSpot's list of connected apps until somebody uninstalls it there.")
    {
        IsTrouble = true,
        Form = new("Disconnect", asksForKey),
        Aside = ("../", "Stay connected"),
    };

    private static Page KeepOut(HttpContext http, OperatorGuard guard) =>
        OAuthPages.OperatorsOnly(http, "Disconnecting makes all commands wait.", new("Disconnect", AsksForKey(http, guard)));

    private static Page SentByAnotherSite() => new(
        403, "This was sent by another page", "What disconnects the service must come from its own page, and this did not. Nothing has changed.")
    {
        Next = ("disconnect", "Go to that page"),
    };

    private static Page Tell(DisconnectResult result) => result switch
    {
        DisconnectResult.Done => new Page(
            200, "Disconnected from HubSpot", "The grant is given back, and the tokens are forgotten. Commands wait until somebody connects the service again.")
        {
            Next = ("start", "Connect again"),
        },
        DisconnectResult.NotConfirmed { Problem: var problem } => new Page(
            502,
            "HubSpot did not confirm it",
            $"HubSpot says: {problem.Message}",
            "Nothing has changed here: the service keeps its tokens and goes on. Try again in a moment. To end it from HubSpot's side, uninstall the app there.")
        {
            Next = ("disconnect", "Try again"),
        },
        _ => new Page(200, "There is nothing to disconnect", "The service has no tokens of any HubSpot account.") { Aside = ("../", "See the state") },
    };

    private static bool AsksForKey(HttpContext http, OperatorGuard guard) => guard.WantsKey && !http.IsSignedIn();
}
