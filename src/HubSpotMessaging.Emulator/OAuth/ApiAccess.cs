using HubSpotMessaging.Emulator.Wire;
using Microsoft.AspNetCore.Http.Features;

namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>Marks an endpoint of the API: any one of the scopes opens it.</summary>
internal sealed record RequiredScopes(IReadOnlyList<string> AnyOf);

/// <summary>Finds out whose token a request carries, and whether that token is still known.</summary>
internal sealed class CallerMiddleware(RequestDelegate next, GrantBook grants)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        var token = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? grants.FindAccessToken(authorization[Scheme.Length..].Trim())
            : null;
        context.Features.Set(token);
        context.Call().PortalId ??= token?.Grant.PortalId;
        return next(context);
    }
}

/// <summary>Lets only a valid token with the right scope through to an endpoint of the API.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, TimeProvider clock)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RequiredScopes>() is not { } required) return next(context);
        if (context.Features.Get<AccessToken>() is not { } token) throw ApiAccess.UnknownToken();
        if (token.ExpiresAt <= clock.GetUtcNow()) throw ApiAccess.Expired(token.ExpiresAt, clock.GetUtcNow());
        if (!required.AnyOf.Intersect(token.Grant.Scopes, StringComparer.Ordinal).Any()) throw ApiAccess.MissingScopes(required);
        return next(context);
    }
}

internal static class ApiAccess
{
    public static TBuilder RequireScopes<TBuilder>(this TBuilder endpoints, params string[] anyOf)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(new RequiredScopes(anyOf));

    /// <summary>The portal that the request may act on; only behind <see cref="RequireScopes"/>.</summary>
    public static long PortalId(this HttpContext context) => context.Features.GetRequiredFeature<AccessToken>().Grant.PortalId;

    public static RefusedException UnknownToken() => new(
        StatusCodes.Status401Unauthorized,
        new ErrorBody(
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at " +
            "https://developers.hubspot.com/docs/methods/auth/oauth-overview")
        {
            Category = Categories.InvalidAuthentication,
        });

    public static RefusedException Expired(DateTimeOffset expiredAt, DateTimeOffset now) => new(
        StatusCodes.Status401Unauthorized,
        new ErrorBody($"The OAuth token used to make this call expired {(long)(now - expiredAt).TotalSeconds} second(s) ago.")
        {
            Category = Categories.ExpiredAuthentication,
            Context = ErrorContext.Of("expire time", expiredAt.ToWire()),
        });

    public static RefusedException MissingScopes(RequiredScopes required) => new(
        StatusCodes.Status403Forbidden,
        new ErrorBody(
            "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: " +
            "https://developers.hubspot.com/scopes.")
        {
            Category = Categories.MissingScopes,
            Errors =
            [
                new ErrorDetail("One or more of the following scopes are required.")
                {
                    Context = ErrorContext.Of("requiredGranularScopes", required.AnyOf),
                },
            ],
            Links = new Dictionary<string, string>(StringComparer.Ordinal) { ["scopes"] = "https://developers.hubspot.com/scopes" },
        });
}
