using System.Net;
using System.Web;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>Whoever can finish the OAuth flow decides into which account contacts flow.</summary>
public sealed class OAuthTests(SharedInstallation shared) : IClassFixture<SharedInstallation>
{
    [Fact]
    public async Task A_callback_that_did_not_start_here_changes_nothing_and_says_why()
    {
        await using var installation = await shared.BeginAsync(connect: false);
        using var browser = Installation.NewBrowser();
        using var otherBrowser = Installation.NewBrowser();
        var callback = await installation.ConsentAsync(browser);
        var code = HttpUtility.ParseQueryString(callback.Query)["code"];

        await ShouldBeRefusedAsync(browser, new Uri(installation.Address, $"oauth/callback?code={code}"));
        await ShouldBeRefusedAsync(browser, new Uri(installation.Address, $"oauth/callback?code={code}&state=forged"));
        await ShouldBeRefusedAsync(browser, new Uri(installation.Address, "oauth/callback"));
        callback = await installation.ConsentAsync(browser);
        await ShouldBeRefusedAsync(otherBrowser, callback); // A true state, in another browser than the one that began.

        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
        installation.HubSpot.Calls.ShouldNotContain(call => call.Path.Contains("token", StringComparison.Ordinal));

        OAuthKeys(installation).Length.ShouldBe(2); // The states of the two that began here: nobody can fill Redis from outside.

        using (var connected = await Installation.ReturnAsync(browser, callback))
            connected.StatusCode.ShouldBe(HttpStatusCode.OK);
        var tokens = await installation.Redis.StringGetAsync("hs_access_token");
        await ShouldBeRefusedAsync(browser, callback); // Used up.
        (await installation.Redis.StringGetAsync("hs_access_token")).ShouldBe(tokens);

        async Task ShouldBeRefusedAsync(HttpClient client, Uri address)
        {
            using var response = await Installation.ReturnAsync(client, address);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await response.Content.ReadAsStringAsync()).ShouldContain("did not start here");
        }
    }

    [Fact]
    public async Task The_code_leaves_the_address_and_the_page_behind_can_be_read_again_in_this_browser_only()
    {
        await using var installation = await shared.BeginAsync(connect: false);
        using var browser = Installation.NewBrowser();
        using var otherBrowser = Installation.NewBrowser();
        var done = new Uri(installation.Address, "oauth/done");

        using var redirect = await browser.GetAsync(await installation.ConsentAsync(browser));

        redirect.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        redirect.Headers.Location!.OriginalString.ShouldBe("done");
        var cookie = redirect.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith("hubspot_oauth_result=", StringComparison.Ordinal));
        cookie.ShouldContain("; path=/oauth/done; samesite=lax; httponly");
        redirect.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith("hubspot_oauth=", StringComparison.Ordinal))
            .ShouldBe("hubspot_oauth=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/oauth/callback; samesite=lax; httponly");
        var first = await browser.GetStringAsync(done);
        first.ShouldContain("1234567");
        (await browser.GetStringAsync(done)).ShouldBe(first);

        var key = OAuthKeys(installation).ShouldHaveSingleItem();
        key.ShouldStartWith("hubspot:oauth:result:");
        key.ShouldNotContain(cookie.Split('=', ';')[1]);
        (await installation.Redis.KeyTimeToLiveAsync(key))!.Value.ShouldBeInRange(TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        using var elsewhere = await otherBrowser.GetAsync(done);
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await elsewhere.Content.ReadAsStringAsync()).ShouldContain("Nothing to show here");
    }

    [Fact]
    public async Task Whatever_a_browser_is_answered_is_kept_by_no_cache_shown_in_no_frame_and_told_to_no_other_site()
    {
        await using var installation = await shared.BeginAsync(connect: false);
        using var browser = Installation.NewBrowser();
        Uri[] answers =
        [
            .. from path in (string[])["", "oauth/start", "oauth/callback?code=x", "oauth/done", "oauth/done?ended=elsewhere", "oauth/done?ended=redis-away"]
               select new Uri(installation.Address, path),
            await installation.ConsentAsync(browser),
            new Uri(installation.Address, "oauth/done"),
        ];

        foreach (var address in answers)
        {
            using var response = await browser.GetAsync(address);
            response.Headers.CacheControl!.NoStore.ShouldBeTrue(address.AbsoluteUri);
            response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            response.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
            response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
            response.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
        }
    }

    [Fact]
    public async Task Another_page_cannot_start_it_by_the_browser_of_an_operator()
    {
        await using var installation = await shared.BeginAsync(connect: false);
        using var browser = Installation.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(installation.Address, "oauth/start")) { Headers = { { "Sec-Fetch-Site", "cross-site" } } };

        using var page = await browser.SendAsync(request);

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await page.Content.ReadAsStringAsync()).ShouldContain("Go on to HubSpot");
        page.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task The_account_is_told_to_operators_only()
    {
        await using var installation = await shared.BeginAsync();
        using var browser = Installation.NewBrowser();
        (await browser.GetStringAsync(installation.Address)).ShouldContain("1234567");
        browser.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");

        var page = await browser.GetStringAsync(installation.Address);

        page.ShouldContain("Connected to HubSpot");
        page.ShouldNotContain("1234567");
        page.ShouldNotContain("disconnect");
    }

    [Fact]
    public async Task A_person_who_declines_is_told_so_in_HubSpots_words()
    {
        await using var installation = await shared.BeginAsync(connect: false);
        using var browser = Installation.NewBrowser();

        using var response = await Installation.ReturnAsync(browser, await installation.ConsentAsync(browser, decision: "deny"));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain("HubSpot says:");
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
    }

    [Fact]
    public async Task What_HubSpot_says_is_shown_as_text()
    {
        await using var installation = await shared.BeginAsync(connect: false);
        using var browser = Installation.NewBrowser();
        var state = HttpUtility.ParseQueryString((await installation.ConsentAsync(browser)).Query)["state"];

        using var response = await Installation.ReturnAsync(browser, new Uri(
            installation.Address, $"oauth/callback?state={state}&error=x&error_description=%3Cscript%3Ealert(1)%3C/script%3E"));

        var page = await response.Content.ReadAsStringAsync();
        page.ShouldContain("&lt;script&gt;");
        page.ShouldNotContain("<script");
    }

    [Fact]
    public async Task An_answer_that_does_not_name_the_account_is_completed_by_introspection()
    {
        await using var installation = await shared.BeginAsync(connect: false);
        installation.HubSpot.Settings.IncludeHubId = false;

        using var response = await installation.ConnectAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        ((long?)(await installation.Bus.EventAsync("AuthorizationGranted"))["portalId"]).ShouldBe(Installation.Portal);
    }

    [Fact]
    public async Task HubSpot_in_trouble_at_the_exchange_changes_nothing()
    {
        await using var installation = await shared.BeginAsync(connect: false);
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Match = new() { Path = "/oauth/*/token" } });

        using var response = await installation.ConnectAsync();

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("Forwarded", "for=203.0.113.7")]
    [InlineData("X-Original-For", "203.0.113.7")]
    [InlineData("Host", "sync.example")]
    public async Task Without_a_key_only_a_direct_request_from_this_machine_can_start(string header, string value)
    {
        await using var installation = await shared.BeginAsync(connect: false);
        using var browser = Installation.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(installation.Address, "oauth/start"));
        request.Headers.TryAddWithoutValidation(header, value);

        using var response = await browser.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.Content.ReadAsStringAsync()).ShouldContain("Operator:Key");
    }

    /// <summary>What the flows keep in Redis.</summary>
    private static string[] OAuthKeys(Installation installation) =>
        [.. installation.RedisConnection.GetServers().Single().Keys(installation.Redis.Database, "hubspot:oauth:*").Select(key => key.ToString())];
}
