using System.Net;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>Whoever can finish the OAuth flow decides into which account contacts flow.</summary>
public sealed class OAuthTests(Servers servers)
{
    [Fact]
    public async Task A_callback_that_did_not_start_here_changes_nothing_and_says_why()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        using var browser = Installation.NewBrowser();
        using var otherBrowser = Installation.NewBrowser();
        var callback = await installation.ConsentAsync(browser);
        var code = System.Web.HttpUtility.ParseQueryString(callback.Query)["code"];

        await ShouldBeRefusedAsync(browser, new Uri(installation.Address, $"oauth/callback?code={code}"));
        await ShouldBeRefusedAsync(browser, new Uri(installation.Address, $"oauth/callback?code={code}&state=forged"));
        await ShouldBeRefusedAsync(browser, new Uri(installation.Address, "oauth/callback"));
        callback = await installation.ConsentAsync(browser);
        await ShouldBeRefusedAsync(otherBrowser, callback); // A true state, in another browser than the one that began.

        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
        installation.HubSpot.Calls.ShouldNotContain(call => call.Path.Contains("token", StringComparison.Ordinal));

        using (var connected = await browser.GetAsync(callback))
            connected.StatusCode.ShouldBe(HttpStatusCode.OK);
        var tokens = await installation.Redis.StringGetAsync("hs_access_token");
        await ShouldBeRefusedAsync(browser, callback); // Used up.
        (await installation.Redis.StringGetAsync("hs_access_token")).ShouldBe(tokens);

        async Task ShouldBeRefusedAsync(HttpClient client, Uri address)
        {
            using var response = await client.GetAsync(address);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await response.Content.ReadAsStringAsync()).ShouldContain("did not start here");
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
        page.ShouldContain("1234567");
        (await installation.Redis.StringGetAsync("hs_refresh_token")).ShouldBe(before);
    }

    [Fact]
    public async Task A_person_who_declines_is_told_so_in_HubSpots_words()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        using var browser = Installation.NewBrowser();

        using var response = await browser.GetAsync(await installation.ConsentAsync(browser, decision: "deny"));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain("HubSpot says:");
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
    }

    [Fact]
    public async Task What_HubSpot_says_is_shown_as_text()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        using var browser = Installation.NewBrowser();
        var state = System.Web.HttpUtility.ParseQueryString((await installation.ConsentAsync(browser)).Query)["state"];

        using var response = await browser.GetAsync(new Uri(
            installation.Address, $"oauth/callback?state={state}&error=x&error_description=%3Cscript%3Ealert(1)%3C/script%3E"));

        var page = await response.Content.ReadAsStringAsync();
        page.ShouldContain("&lt;script&gt;");
        page.ShouldNotContain("<script");
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Fact]
    public async Task An_answer_that_does_not_name_the_account_is_completed_by_introspection()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        installation.HubSpot.Settings.IncludeHubId = false;

        using var response = await installation.ConnectAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        ((long?)(await installation.Bus.EventAsync("AuthorizationGranted"))["portalId"]).ShouldBe(Installation.Portal);
    }

    [Fact]
    public async Task HubSpot_in_trouble_at_the_exchange_changes_nothing()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Match = new() { Path = "/oauth/*/token" } });

        using var response = await installation.ConnectAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
    }

    [Fact]
    public async Task Only_operators_can_start()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["Operator__Key"] = "correct horse", connect: false);
        var start = new Uri(installation.Address, "oauth/start");
        using var browser = Installation.NewBrowser();

        using (var page = await browser.GetAsync(start))
        {
            page.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await page.Content.ReadAsStringAsync()).ShouldContain("Operator key");
        }

        (await PostAsync("wrong")).ShouldBe(HttpStatusCode.Unauthorized);
        (await PostAsync("")).ShouldBe(HttpStatusCode.Unauthorized);
        (await PostAsync("correct horse")).ShouldBe(HttpStatusCode.Redirect);

        using var withHeader = new HttpRequestMessage(HttpMethod.Get, start) { Headers = { { "X-Operator-Key", "correct horse" } } };
        using var redirect = await browser.SendAsync(withHeader);
        redirect.StatusCode.ShouldBe(HttpStatusCode.Redirect);

        async Task<HttpStatusCode> PostAsync(string key)
        {
            using var form = new FormUrlEncodedContent([new("key", key)]);
            using var response = await browser.PostAsync(start, form);
            return response.StatusCode;
        }
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("Forwarded", "for=203.0.113.7")]
    [InlineData("X-Original-For", "203.0.113.7")]
    [InlineData("Host", "sync.example")]
    public async Task Without_a_key_only_a_direct_request_from_this_machine_can_start(string header, string value)
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        using var browser = Installation.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(installation.Address, "oauth/start"));
        request.Headers.TryAddWithoutValidation(header, value);

        using var response = await browser.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.Content.ReadAsStringAsync()).ShouldContain("Operator:Key");
    }
}
