using System.Text.Json.Serialization;

namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>Exchange, refresh, introspection and revocation, in the versions that HubSpot serves side by side.</summary>
internal static class TokenEndpoints
{
    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        MapToken(routes.MapGroup("/oauth/v1"), OAuthVersion.V1);
        MapLegacyIntrospection(routes.MapGroup("/oauth/v1"));

        var newer = routes.MapGroup("/oauth/{version:regex(^(v3|2026-0[39])$)}");
        MapToken(newer, OAuthVersion.Newer);
        MapIntrospection(newer);
    }

    private static void MapToken(RouteGroupBuilder group, OAuthVersion version) =>
        group.MapPost("/token", (HttpContext context, EmulatorOptions app, EmulatorSettings settings, GrantBook grants) => Answer(() =>
        {
            var form = OAuthForm.Read(context, version);
            form.CheckClient(app);
            var tokens = form["grant_type"] switch
            {
                "authorization_code" => grants.Exchange(form.Require("code"), form["redirect_uri"], form["code_verifier"]),
                "refresh_token" => grants.Refresh(form.Require("refresh_token")),
                _ => throw OAuthException.BadGrantType(),
            };

            return TypedResults.Json(new TokenAnswer(
                tokens.AccessToken,
                tokens.RefreshToken,
                tokens.ExpiresIn,
                tokens.Scopes,
                settings.IncludeHubId ? tokens.PortalId : null));
        }));

    private static void MapIntrospection(RouteGroupBuilder group)
    {
        group.MapPost("/token/introspect", (HttpContext context, EmulatorOptions app, TokenIntrospection introspection) => Answer(() =>
        {
            var form = OAuthForm.Read(context, OAuthVersion.Newer);
            form.CheckClient(app);
            return TypedResults.Json(introspection.Describe(form.Require("token")));
        }));

        group.MapPost("/token/revoke", (HttpContext context, EmulatorOptions app, GrantBook grants) => Answer(() =>
        {
            var form = OAuthForm.Read(context, OAuthVersion.Newer);
            form.CheckClient(app);
            grants.RevokeRefreshToken(form.Require("token"));
            return TypedResults.Ok();
        }));
    }

    private static void MapLegacyIntrospection(RouteGroupBuilder group)
    {
        group.MapGet("/access-tokens/{token}", (string token, TokenIntrospection introspection) =>
            TypedResults.Json(introspection.DescribeLegacyAccessToken(token)));

        group.MapGet("/refresh-tokens/{token}", (string token, TokenIntrospection introspection) =>
            TypedResults.Json(introspection.DescribeLegacyRefreshToken(token)));

        group.MapDelete("/refresh-tokens/{token}", IResult (string token, GrantBook grants) =>
            grants.RevokeRefreshToken(token) ? TypedResults.NoContent() : throw TokenIntrospection.UnknownToken());
    }

    private static IResult Answer(Func<IResult> work)
    {
        try
        {
            return work();
        }
        catch (OAuthException refusal)
        {
            return refusal.ToResult();
        }
    }

    private sealed record TokenAnswer(
        [property: JsonPropertyName("access_token")] string AccessToken,
        [property: JsonPropertyName("refresh_token")] string RefreshToken,
        [property: JsonPropertyName("expires_in")] int ExpiresIn,
        [property: JsonPropertyName("scopes")] IReadOnlyList<string> Scopes,
        [property: JsonPropertyName("hub_id")] long? HubId)
    {
        [JsonPropertyName("token_type")]
        public string TokenType { get; } = "bearer";
    }
}
