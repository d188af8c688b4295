using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace HubSpotMessaging.EmulatorTests.OAuth;

public sealed class TokenTests : EmulatorTest
{
    private const string RedirectUri = "https://example.com/oauth-callback";

    private const string BadRefreshToken = """
        {
          "error": "invalid_grant",
          "error_description": "refresh token is invalid, expired or revoked",
          "status": "BAD_REFRESH_TOKEN",
          "message": "refresh token is invalid, expired or revoked"
        }
        """;

    public static TheoryData<string> Versions { get; } = ["v1", "v3", "2026-03", "2026-09"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_code_is_exchanged_for_tokens_in_every_version(string version)
    {
        var answer = await ExchangeAsync(await NewCodeAsync(), version: version);

        answer.ShouldBe(HttpStatusCode.OK, """
            {
              "token_type": "bearer",
              "refresh_token": "…",
              "access_token": "…",
              "hub_id": 1234567,
              "scopes": ["oauth", "crm.objects.contacts.write", "crm.objects.contacts.read"],
              "expires_in": 1800
            }
            """);
        answer.Json["access_token"]!.GetValue<string>().Length.ShouldBeInRange(100, 300);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_refresh_answers_with_the_same_refresh_token_and_a_new_access_token(string version)
    {
        var first = Emulator.Grant(PortalId);

        var answer = await RefreshAsync(first.RefreshToken, version);

        answer.ShouldBe(HttpStatusCode.OK);
        answer.Json["refresh_token"]!.GetValue<string>().ShouldBe(first.RefreshToken);
        answer.Json["access_token"]!.GetValue<string>().ShouldNotBe(first.AccessToken);
    }

    [Fact]
    public async Task With_rotation_a_refresh_kills_the_refresh_token_it_was_given()
    {
        Settings.RotateRefreshTokens = true;
        var first = Emulator.Grant(PortalId).RefreshToken;

        var second = (await RefreshAsync(first)).Json["refresh_token"]!.GetValue<string>();

        second.ShouldNotBe(first);
        (await RefreshAsync(first)).ShouldBe(HttpStatusCode.BadRequest, BadRefreshToken);
        (await RefreshAsync(second)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Of_two_simultaneous_rotating_refreshes_one_wins()
    {
        Settings.RotateRefreshTokens = true;
        var token = Emulator.Grant(PortalId).RefreshToken;

        var answers = await AtOnceAsync(Enumerable.Repeat(() => RefreshAsync(token), 8));

        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(1);
    }

    [Fact]
    public async Task A_code_is_good_once()
    {
        var code = await NewCodeAsync();
        await ExchangeAsync(code);

        var answer = await ExchangeAsync(code);

        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["error"]!.GetValue<string>().ShouldBe("invalid_grant");
        answer.Json["status"]!.GetValue<string>().ShouldBe("BAD_AUTH_CODE");
    }

    [Fact]
    public async Task A_code_is_good_for_ten_minutes()
    {
        var (early, late) = (await NewCodeAsync(), await NewCodeAsync());

        Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        (await ExchangeAsync(early)).ShouldBe(HttpStatusCode.OK);
        Clock.Advance(TimeSpan.FromSeconds(1));
        (await ExchangeAsync(late)).Json["status"]!.GetValue<string>().ShouldBe("BAD_AUTH_CODE");
    }

    [Fact]
    public async Task A_code_belongs_to_its_redirect_address()
    {
        var answer = await ExchangeAsync(await NewCodeAsync(), redirectUri: "https://example.com/elsewhere");

        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["status"]!.GetValue<string>().ShouldBe("MISMATCH_REDIRECT_URI_AUTH_CODE");
    }

    [Theory]
    [InlineData("somebody-else", ClientSecret, "BAD_CLIENT_ID")]
    [InlineData(ClientId, "wrong", "BAD_CLIENT_SECRET")]
    [InlineData("", "", "BAD_CLIENT_ID")]
    public async Task A_wrong_client_is_no_dead_grant(string clientId, string secret, string legacyStatus)
    {
        var answer = await PostFormAsync(
            "/oauth/2026-09/token",
            ("grant_type", "refresh_token"),
            ("client_id", clientId),
            ("client_secret", secret),
            ("refresh_token", Emulator.Grant(PortalId).RefreshToken));

        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["error"]!.GetValue<string>().ShouldBe("invalid_client");
        answer.Json["status"]!.GetValue<string>().ShouldBe(legacyStatus);
    }

    [Fact]
    public async Task After_an_uninstallation_the_refresh_token_is_dead()
    {
        var tokens = Emulator.Grant(PortalId);
        var other = Emulator.Grant(OtherPortalId);

        (await PostAsync("/emulator/grants/1234567/revoke")).ShouldBe(HttpStatusCode.NoContent);

        (await RefreshAsync(tokens.RefreshToken)).ShouldBe(HttpStatusCode.BadRequest, BadRefreshToken);
        (await RefreshAsync(other.RefreshToken)).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("v1", HttpStatusCode.OK)]
    [InlineData("v3", HttpStatusCode.BadRequest)]
    [InlineData("2026-09", HttpStatusCode.BadRequest)]
    public async Task Only_version_1_reads_the_query_string(string version, HttpStatusCode status)
    {
        var token = Emulator.Grant(PortalId).RefreshToken;
        var query = $"?grant_type=refresh_token&client_id={ClientId}&client_secret={ClientSecret}&refresh_token={token}";

        (await PostAsync($"/oauth/{version}/token{query}")).ShouldBe(status);
    }

    [Fact]
    public async Task A_body_that_is_no_form_is_not_read()
    {
        var answer = await PostAsync("/oauth/2026-09/token", $$"""{"grant_type":"refresh_token","client_id":"{{ClientId}}"}""");
        answer.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Another_grant_type_is_refused()
    {
        var answer = await PostFormAsync(
            "/oauth/v3/token", ("grant_type", "password"), ("client_id", ClientId), ("client_secret", ClientSecret));

        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["status"]!.GetValue<string>().ShouldBe("BAD_GRANT_TYPE");
    }

    [Fact]
    public async Task Lifetime_and_portal_follow_the_settings()
    {
        Settings.AccessTokenLifetimeSeconds = 21600;
        Settings.IncludeHubId = false;

        var answer = await RefreshAsync(Emulator.Grant(PortalId).RefreshToken);

        answer.Json["expires_in"]!.GetValue<int>().ShouldBe(21600);
        answer.Json["hub_id"].ShouldBeNull();
    }

    [Fact]
    public async Task An_introspection_describes_an_access_token()
    {
        var token = Emulator.Grant(PortalId, "oauth", "crm.objects.contacts.read");
        Clock.Advance(TimeSpan.FromSeconds(11));

        var answer = await IntrospectAsync("2026-03", token.AccessToken);

        answer.ShouldBe(HttpStatusCode.OK, """
            {
              "active": true, "token": "…", "hub_id": 1234567, "user_id": 222222,
              "client_id": "emulator-client", "app_id": 1234444, "user": "jdoe@example.com", "hub_domain": "example.com",
              "scopes": ["oauth", "crm.objects.contacts.read"],
              "signed_access_token": { "expiresAt": 1789043400000, "scopes": "…", "hubId": 1234567, "userId": 222222, "appId": 1234444,
                "signature": "…", "scopeToScopeGroupPks": "…", "newSignature": "…", "hublet": "na1", "trialScopes": "",
                "trialScopeToScopeGroupPks": "", "isUserLevel": false, "isPrivateDistribution": true },
              "expires_in": 1789, "is_private_distribution": true, "token_use": "access_token", "token_type": "Bearer"
            }
            """);
    }

    [Fact]
    public async Task An_introspection_describes_a_refresh_token_and_knows_no_others()
    {
        var tokens = Emulator.Grant(PortalId);

        var refresh = await IntrospectAsync("v3", tokens.RefreshToken);
        refresh.Json["token_use"]!.GetValue<string>().ShouldBe("refresh_token");
        refresh.Json["expires_in"].ShouldBeNull();

        (await IntrospectAsync("v3", "unknown")).ShouldBe(HttpStatusCode.OK, """{ "active": false }""");
        Clock.Advance(TimeSpan.FromMinutes(30));
        (await IntrospectAsync("v3", tokens.AccessToken)).ShouldBe(HttpStatusCode.OK, """{ "active": false }""");
    }

    [Fact]
    public async Task A_revocation_answers_200_whether_or_not_it_knew_the_token_and_leaves_access_tokens_alone()
    {
        var tokens = Emulator.Grant(PortalId);

        foreach (var token in (string[])[tokens.RefreshToken, "unknown"])
        {
            (await PostFormAsync(
                "/oauth/2026-03/token/revoke",
                ("token", token), ("token_type_hint", "refresh_token"), ("client_id", ClientId), ("client_secret", ClientSecret)))
                .ShouldBe(HttpStatusCode.OK);
        }

        (await RefreshAsync(tokens.RefreshToken)).ShouldBe(HttpStatusCode.BadRequest, BadRefreshToken);
        (await IntrospectAsync("v3", tokens.AccessToken)).Json["active"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task Version_1_describes_and_deletes_tokens_by_their_address()
    {
        var tokens = Emulator.Grant(PortalId);

        (await GetAsync($"/oauth/v1/access-tokens/{tokens.AccessToken}")).Json["hub_id"]!.GetValue<long>().ShouldBe(PortalId);
        (await GetAsync($"/oauth/v1/refresh-tokens/{tokens.RefreshToken}")).Json["client_id"]!.GetValue<string>().ShouldBe(ClientId);
        (await DeleteAsync($"/oauth/v1/refresh-tokens/{tokens.RefreshToken}")).ShouldBe(HttpStatusCode.NoContent);
        (await GetAsync($"/oauth/v1/refresh-tokens/{tokens.RefreshToken}")).ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync("/oauth/v1/access-tokens/unknown")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Every_code_and_token_ever_given_out_is_known_for_scans_of_logs()
    {
        Settings.RotateRefreshTokens = true;
        var code = await NewCodeAsync();
        var exchanged = (await ExchangeAsync(code)).Json;
        var refreshed = (await RefreshAsync(exchanged["refresh_token"]!.GetValue<string>())).Json;
        var granted = Emulator.Grant(OtherPortalId);

        Emulator.Revoke(OtherPortalId);
        Emulator.Reset();

        string[] secrets = [code, granted.AccessToken, granted.RefreshToken, .. TokensOf(exchanged), .. TokensOf(refreshed)];
        secrets.Distinct().Count().ShouldBe(7);
        secrets.ShouldBeSubsetOf(Emulator.Secrets);

        static string[] TokensOf(JsonNode pair) => [pair["access_token"]!.GetValue<string>(), pair["refresh_token"]!.GetValue<string>()];
    }

    private async Task<string> NewCodeAsync()
    {
        var answer = await PostFormAsync(
            "/oauth/authorize",
            ("client_id", ClientId),
            ("redirect_uri", RedirectUri),
            ("scope", "oauth crm.objects.contacts.write crm.objects.contacts.read"),
            ("portal_id", "1234567"),
            ("decision", "approve"));
        return QueryHelpers.ParseQuery(answer.Headers.Location!.Query)["code"].ToString();
    }

    private Task<Answer> ExchangeAsync(string code, string redirectUri = RedirectUri, string version = "2026-03") => PostFormAsync(
        $"/oauth/{version}/token",
        ("grant_type", "authorization_code"),
        ("client_id", ClientId),
        ("client_secret", ClientSecret),
        ("redirect_uri", redirectUri),
        ("code", code));

    private Task<Answer> RefreshAsync(string refreshToken, string version = "2026-09") => PostFormAsync(
        $"/oauth/{version}/token",
        ("grant_type", "refresh_token"),
        ("client_id", ClientId),
        ("client_secret", ClientSecret),
        ("refresh_token", refreshToken));

    private Task<Answer> IntrospectAsync(string version, string token) => PostFormAsync(
        $"/oauth/{version}/token/introspect", ("token", token), ("client_id", ClientId), ("client_secret", ClientSecret));
}
