using System.Text.Json.Nodes;
using HubSpotMessaging.Emulator.Accounts;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>What HubSpot tells about a token.</summary>
internal sealed class TokenIntrospection(GrantBook grants, AccountRegistry accounts, EmulatorOptions app, TimeProvider clock)
{
    public const long AppId = 1234444;

    public JsonObject Describe(string token)
    {
        if (grants.FindAccessToken(token) is { } access && access.ExpiresAt > clock.GetUtcNow())
        {
            var description = Describe(token, access.Grant, "access_token");
            description["signed_access_token"] = Signed(access);
            description["expires_in"] = SecondsLeft(access);
            return description;
        }

        return grants.FindRefreshToken(token) is { } grant
            ? Describe(token, grant, "refresh_token")
            : new JsonObject { ["active"] = false };
    }

    public JsonObject DescribeLegacyAccessToken(string token)
    {
        if (grants.FindAccessToken(token) is not { } access || access.ExpiresAt <= clock.GetUtcNow()) throw UnknownToken();

        var description = DescribeLegacy(token, access.Grant, "access");
        description["app_id"] = AppId;
        description["expires_in"] = SecondsLeft(access);
        return description;
    }

    public JsonObject DescribeLegacyRefreshToken(string token)
    {
        var grant = grants.FindRefreshToken(token) ?? throw UnknownToken();
        var description = DescribeLegacy(token, grant, "refresh");
        description["client_id"] = app.ClientId;
        return description;
    }

    public static RefusedException UnknownToken() =>
        new(StatusCodes.Status404NotFound, new ErrorBody("The token does not exist or has expired"));

    private JsonObject Describe(string token, Grant grant, string use)
    {
        var account = accounts.Find(grant.PortalId);
        return new JsonObject
        {
            ["active"] = true,
            ["token"] = token,
            ["hub_id"] = grant.PortalId,
            ["user_id"] = Grant.UserId,
            ["client_id"] = app.ClientId,
            ["app_id"] = AppId,
            ["user"] = account?.UserEmail,
            ["hub_domain"] = account?.HubDomain,
            ["scopes"] = List(grant.Scopes),
            ["is_private_distribution"] = true,
            ["token_use"] = use,
            ["token_type"] = "Bearer",
        };
    }

    private JsonObject DescribeLegacy(string token, Grant grant, string type)
    {
        var account = accounts.Find(grant.PortalId);
        return new JsonObject
        {
            ["token"] = token,
            ["user"] = account?.UserEmail,
            ["hub_domain"] = account?.HubDomain,
            ["scopes"] = List(grant.Scopes),
            ["hub_id"] = grant.PortalId,
            ["user_id"] = Grant.UserId,
            ["token_type"] = type,
        };
    }

    private static JsonObject Signed(AccessToken access) => new()
    {
        ["expiresAt"] = access.ExpiresAt.ToUnixTimeMilliseconds(),
        ["scopes"] = "",
        ["hubId"] = access.Grant.PortalId,
        ["userId"] = Grant.UserId,
        ["appId"] = AppId,
        ["signature"] = "",
        ["scopeToScopeGroupPks"] = "",
        ["newSignature"] = "",
        ["hublet"] = "na1",
        ["trialScopes"] = "",
        ["trialScopeToScopeGroupPks"] = "",
        ["isUserLevel"] = false,
        ["isPrivateDistribution"] = true,
    };

    private int SecondsLeft(AccessToken access) => (int)(access.ExpiresAt - clock.GetUtcNow()).TotalSeconds;

    private static JsonArray List(IEnumerable<string> values) => [.. values.Select(value => JsonValue.Create(value))];
}
