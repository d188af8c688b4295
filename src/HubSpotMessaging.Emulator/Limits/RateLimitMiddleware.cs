using System.Globalization;
using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Limits;

/// <summary>Limits the API, not the OAuth endpoints, and only callers who are somebody.</summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, RateLimiter limiter, TimeProvider clock)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RequiredScopes>() is null ||
            context.Features.Get<AccessToken>() is not { } token ||
            token.ExpiresAt <= clock.GetUtcNow())
            return next(context);

        var permit = limiter.Take(token.Grant.PortalId);
        Tell(context.Response, permit);
        return permit.Refusal is { } policy
            ? throw new RefusedException(StatusCodes.Status429TooManyRequests, policy.ToBody(token.Grant.PortalId))
            : next(context);
    }

    private static void Tell(HttpResponse response, Permit permit)
    {
        if (permit.Limit is not { } limit) return;
        response.Headers["X-HubSpot-RateLimit-Max"] = limit.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-HubSpot-RateLimit-Remaining"] = permit.Remaining.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-HubSpot-RateLimit-Interval-Milliseconds"] =
            permit.Window.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
    }
}
