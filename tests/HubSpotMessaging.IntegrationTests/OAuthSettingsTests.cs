using System.Net;
using System.Web;
using HubSpotMessaging.IntegrationTests.Operators;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>How settings, other replicas and servers that are away change the OAuth flow.</summary>
public sealed class OAuthSettingsTests(Servers servers)
{
    [Fact]
    public async Task Each_step_can_be_at_another_replica()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        var replica = await installation.AddReplicaAsync(
            settings => settings["HubSpot__RedirectUri"] = installation.Settings["HubSpot__RedirectUri"]); // HubSpot sends browsers back to the first.
        using var browser = Installation.NewBrowser();

        var callback = await installation.ConsentAsync(browser, startAt: replica.Address);
        using var redirect = await browser.GetAsync(callback);
        var page = await browser.GetStringAsync(new Uri(replica.Address, "oauth/done"));

        callback.Authority.ShouldNotBe(replica.Address.Authority);
        redirect.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        page.ShouldContain("works with HubSpot account 1234567");
        (await browser.GetStringAsync(replica.Address)).ShouldContain("works with account 1234567");
    }

    [Fact]
    public async Task A_code_that_was_given_to_another_browser_is_worth_nothing_with_PKCE()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["HubSpot__Pkce"] = "true", connect: false);
        using var browser = Installation.NewBrowser();
        using var otherBrowser = Installation.NewBrowser();
        var (mine, theirs) = (await installation.ConsentAsync(browser), await installation.ConsentAsync(otherBrowser));
        var injected = HttpUtility.ParseQueryString(mine.Query);
        injected["code"] = HttpUtility.ParseQueryString(theirs.Query)["code"];

        using (var refused = await Installation.ReturnAsync(browser, new UriBuilder(mine) { Query = injected.ToString() }.Uri))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
            (await refused.Content.ReadAsStringAsync()).ShouldContain("code_verifier");
        }

        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
        using var connected = await installation.ConnectAsync();
        connected.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("true", "S256")]
    [InlineData("false", null)]
    public async Task The_challenge_of_PKCE_is_sent_only_when_the_setting_says_so(string setting, string? method)
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["HubSpot__Pkce"] = setting, connect: false);
        using var browser = Installation.NewBrowser();

        using var start = await browser.GetAsync(new Uri(installation.Address, "oauth/start"));

        var query = HttpUtility.ParseQueryString(start.Headers.Location!.Query);
        query["code_challenge_method"].ShouldBe(method);
        (query["code_challenge"]?.Length).ShouldBe(method is null ? null : 43);
    }

    [Fact]
    public async Task Without_a_configured_account_the_first_one_that_was_connected_is_the_one_until_an_operator_says_otherwise()
    {
        await using var installation = await Installation.StartAsync(servers);
        await installation.Redis.KeyDeleteAsync(["hs_access_token", "hs_refresh_token", "hs_access_token_expiry", "hs_access_token_generation_time"]);

        using (var refused = await installation.ConnectAsync(Installation.OtherPortal))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            var page = await refused.Content.ReadAsStringAsync();
            page.ShouldContain("belongs to account 1234567 since it was first connected");
            page.ShouldContain("set HubSpot:PortalId=7654321");
        }

        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeFalse();
        installation.HubSpot.Calls.ShouldNotContain(call => call.Path.EndsWith("/revoke", StringComparison.Ordinal));

        await installation.Service.StopAsync();
        installation.Settings["HubSpot__PortalId"] = "7654321";
        await installation.StartServiceAsync();
        using (var moved = await installation.ConnectAsync(Installation.OtherPortal))
            moved.StatusCode.ShouldBe(HttpStatusCode.OK);

        await installation.Service.StopAsync();
        installation.Settings["HubSpot__PortalId"] = "";
        await installation.StartServiceAsync();
        using var back = await installation.ConnectAsync();
        back.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Tokens_of_another_account_than_the_configured_one_are_not_called_a_connection()
    {
        await using var installation = await Installation.StartAsync(servers);
        await installation.Service.StopAsync();
        installation.Settings["HubSpot__PortalId"] = "7654321";
        await installation.StartServiceAsync();
        using var browser = Installation.NewBrowser();

        var page = await browser.GetStringAsync(installation.Address);

        page.ShouldContain("Connected to another HubSpot account");
        page.ShouldContain("oauth/start");
    }

    [Fact]
    public async Task Redis_that_is_away_is_told_and_the_code_leaves_the_address_all_the_same()
    {
        await using var redis = await RedisTestServer.StartOwnAsync(["--maxmemory-policy", "noeviction"]);
        await using var installation = await Installation.StartAsync(servers, settings => settings["ConnectionStrings__Redis"] = $"{redis.Configuration},syncTimeout=1000,asyncTimeout=1000", connect: false);
        using var browser = Installation.NewBrowser();
        var callback = await installation.ConsentAsync(browser);
        await redis.KillAsync();

        using (var page = await Installation.ReturnAsync(browser, callback))
        {
            page.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            page.RequestMessage!.RequestUri!.Query.ShouldBe("?ended=redis-away");
        }

        foreach (var path in (string[])["", "oauth/start"])
        {
            using var page = await browser.GetAsync(new Uri(installation.Address, path));
            page.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await page.Content.ReadAsStringAsync()).ShouldContain("cannot reach Redis, where it keeps the tokens");
        }
    }

    [Fact]
    public async Task Another_account_than_the_configured_one_is_refused_and_the_tokens_stay()
    {
        await using var installation = await Installation.StartAsync(
            servers, settings => settings["HubSpot__PortalId"] = Installation.Portal.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var before = await installation.Redis.StringGetAsync("hs_refresh_token");

        using var response = await installation.ConnectAsync(Installation.OtherPortal);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var page = await response.Content.ReadAsStringAsync();
        page.ShouldContain("7654321");
        page.ShouldContain("1234567 (HubSpot:PortalId)");
        (await installation.Redis.StringGetAsync("hs_refresh_token")).ShouldBe(before);
    }

    [Fact]
    public async Task Only_operators_can_start()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["Operator__Key"] = "correct horse", connect: false);
        var start = new Uri(installation.Address, "oauth/start");
        using var browser = new SignedIn(installation.Address);

        using (var asked = await browser.Http.GetAsync(start))
        {
            asked.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
            new Uri(start, asked.Headers.Location!).PathAndQuery.ShouldBe("/console/sign-in?to=connect");
        }

        using (var signedIn = await browser.SignInAsync("correct horse", to: "connect"))
            new Uri(new Uri(installation.Address, "console/sign-in"), signedIn.Headers.Location!).ShouldBe(start);
        (await StartAsync(browser.Http, key: null)).Authority.ShouldBe(installation.HubSpot.BaseAddress.Authority);

        using var program = Installation.NewBrowser();
        (await StartAsync(program, "correct horse")).Authority.ShouldBe(installation.HubSpot.BaseAddress.Authority);
        using var withWrongKey = new HttpRequestMessage(HttpMethod.Get, start) { Headers = { { "X-Operator-Key", "wrong" } } };
        using var refused = await program.SendAsync(withWrongKey);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        async Task<Uri> StartAsync(HttpClient client, string? key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, start);
            if (key is not null)
                request.Headers.Add("X-Operator-Key", key);
            using var redirect = await client.SendAsync(request);
            redirect.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
            return redirect.Headers.Location!;
        }
    }
}
