using System.Globalization;
using System.Security.Cryptography;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Service.Operators;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>The page at the root, for whoever opens the service in a browser: whether it is connected, and where that is done.</summary>
internal static class ConnectionPage
{
    public static void MapConnectionPage(this WebApplication app) => app.MapGet(
        "/",
        async (HttpContext http, ConnectionReader connection, DeliveryLine line, OperatorGuard guard, CancellationToken cancellationToken) =>
        {
            var isOperator = guard.LetsIn(http);
            return Show(await connection.ReadAsync(cancellationToken), isOperator, Pauses(line, isOperator));
        });

    /// <summary>A filter for pages that need Redis: says that it is away, instead of an error that says nothing.</summary>
    public static async ValueTask<object?> RedisMayBeAwayAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception exception) when (TellsThatRedisIsAway(exception))
        {
            return Show(new Connection.Unknown(), isOperator: false, []);
        }
    }

    /// <summary>Also when what needed Redis was the encryption of a token.</summary>
    public static bool TellsThatRedisIsAway(Exception exception) =>
        exception is RedisException or RedisTimeoutException || (exception is CryptographicException && exception.InnerException is { } inner && TellsThatRedisIsAway(inner));

    private static Page Show(Connection connection, bool isOperator, IReadOnlyList<string> pauses) => connection switch
    {
        Connection.Connected connected when isOperator => new Page(200, connected.Title, [connected.Sentence, Account(connected.PortalId), .. pauses])
        {
            IsTrouble = pauses.Count > 0,
            Next = ("console", "Open the console"),
        },
        Connection.Connected => new Page(200, connection.Title, [connection.Sentence, .. pauses]) { IsTrouble = pauses.Count > 0 },
        Connection.Unknown => new Page(503, connection.Title, connection.Sentence, "Try again in a moment."),
        _ => new Page(200, connection.Title, connection.Sentence)
        {
            IsTrouble = true,
            Next = connection.WantsConnecting ? ("oauth/start", "Connect") : null,
        },
    };

    /// <summary>What waits although the service is connected, and for operators why.</summary>
    private static IReadOnlyList<string> Pauses(DeliveryLine line, bool isOperator) =>
    [
        .. from reason in line.Reasons
           where reason.Owner != TokenStore.NoAuthorization.Owner
           select $"{reason.Scope ?? "Every command"} waits: {reason.Reason}.{(isOperator && reason.Detail is { } detail ? $" {detail}" : "")}",
    ];

    private static string Account(long? portalId) => portalId is { } known
        ? $"It works with account {known.ToString(CultureInfo.InvariantCulture)}."
        : "Which account that is will be known after the next refresh of the tokens.";
}
