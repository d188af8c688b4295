using StackExchange.Redis;

namespace HubSpotMessaging.Service.Operators;

/// <summary>
/// Stands before everything of the operators' API, also before what is not there, so that nobody else learns anything; nothing is kept
/// by anybody on the way.
/// </summary>
internal sealed class OperatorGate(RequestDelegate next, OperatorGuard guard)
{
    public async Task InvokeAsync(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        var changes = !(HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method));
        if (!(changes ? guard.LetsAct(http, key: null) : guard.LetsIn(http)))
        {
            await Refusal(http).ExecuteAsync(http);
            return;
        }

        try
        {
            await next(http);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException && !http.Response.HasStarted)
        {
            http.Response.Clear();
            await TypedResults.Problem("Redis, where everything that operators see is kept, does not answer.", statusCode: 503, title: "Not just now").ExecuteAsync(http);
        }
    }

    private IResult Refusal(HttpContext http) => guard.WantsKey
        ? TypedResults.Problem($"Send the operator key in the header {OperatorGuard.Header}.", statusCode: 401, title: "Operators only")
        : guard.LetsIn(http)
            ? TypedResults.Problem("A change must not be sent by another site.", statusCode: 403, title: "Operators only")
            : TypedResults.Problem("As long as Operator:Key is not set, only direct requests from this machine are let in.", statusCode: 403, title: "Operators only");
}
