using System.Globalization;
using HubSpotMessaging.HubSpot.Authorization;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>The page at the root, for whoever opens the service in a browser: whether it is connected, and where that is done.</summary>
internal static class ConnectionPage
{
    public static void MapConnectionPage(this WebApplication app) => app.MapGet("/", ShowAsync);

    private static async Task<IResult> ShowAsync(TokenStore tokens)
    {
        try
        {
            return await tokens.ReadAsync() switch
            {
                { Tokens: null } => Disconnected("Not connected yet", "An operator connects this service to a HubSpot account once, in a browser. Until then commands wait."),
                { Loss: { } loss } => Disconnected("The connection is lost", Reason(loss)),
                var known => new Page(
                    200,
                    "Connected to HubSpot",
                    $"This service carries commands to HubSpot account {known.PortalId?.ToString(CultureInfo.InvariantCulture) ?? "(not known yet)"}."),
            };
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            return new Page(503, "Not just now", "The service cannot reach Redis, where it keeps the tokens. Try again in a moment.");
        }
    }

    private static Page Disconnected(string title, string why) => new(200, title, why) { IsTrouble = true, Next = ("oauth/start", "Connect") };

    private static string Reason(AuthorizationLoss loss) => loss == AuthorizationLoss.ClientRejected
        ? "HubSpot does not accept HubSpot:ClientId and HubSpot:ClientSecret. Correct them and restart the service; commands wait meanwhile."
        : "HubSpot does not honour the grant any more: the app was uninstalled, or the grant revoked. Commands wait until an operator connects it again.";
}
