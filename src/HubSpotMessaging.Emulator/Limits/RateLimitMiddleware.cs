using System.Globalization;
using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Limits;

/// <summary>Limits the API, not the OAuth endpoints, and only callers who are somebody.</summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, RateLimiter limiter, TimeProvider clock)
{
    private const string Remaining = "X-HubSpot-RateLimit-Remaining";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RequiredScopes>() is null ||
            context.Features.Get<AccessToken>() is not { } token ||
            token.ExpiresAt <= clock.GetUtcNow())
            return next(context);

        var permit = limiter.Take(token.Grant.PortalId, context.Features.Get<Fault>());
        Tell(context.Response, permit);
        return permit.Refusal is { } policy ? throw Refuse(context, policy) : next(context);
    }

    /// <summary>The 429 of a policy. Who has reached the limit of the window has nothing left in it.</summary>
    public static RefusedException Refuse(HttpContext context, RatePolicy policy)
    {
        var headers = context.Response.Headers;
        if (policy == RatePolicy.TenSecondlyRolling && headers.ContainsKey(Remaining)) headers[Remaining] = "0";
        return new RefusedException(StatusCodes.Status429TooManyRequests, policy.ToBody(context.Call().PortalId));
    }

    private static void Tell(HttpResponse response, Permit permit)
    {
        if (permit.Limit is not { } limit) return;
        response.Headers["X-HubSpot-RateLimit-Max"] = limit.ToString(CultureInfo.InvariantCulture);
        response.Headers[Remaining] = permit.Remaining.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-HubSpot-RateLimit-Interval-Milliseconds"] =
            permit.Window.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
    }
}
