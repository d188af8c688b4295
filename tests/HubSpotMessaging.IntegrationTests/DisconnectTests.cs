using System.Net;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>Whoever can disconnect makes all commands wait.</summary>
public sealed class DisconnectTests(Servers servers)
{
    private const string Key = "correct horse";

    [Fact]
    public async Task The_key_disconnects_and_another_one_does_not()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["Operator__Key"] = Key, connect: false);
        using var browser = Installation.NewBrowser();
        using var operators = Installation.NewBrowser();
        operators.DefaultRequestHeaders.Add("X-Operator-Key", Key);
        (await Installation.ReturnAsync(operators, await installation.ConsentAsync(operators))).EnsureSuccessStatusCode();

        var page = await browser.GetStringAsync(DisconnectPage(installation));
        page.ShouldContain("Operator key");
        page.ShouldContain("commands wait until somebody connects it again");
        foreach (var wrong in (string[])["", "wrong"])
        {
            using var refused = await PostAsync(installation, browser, wrong);
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await refused.Content.ReadAsStringAsync()).ShouldContain("This is not the operator key");
        }

        await ShouldBeConnectedAsync(installation);

        using var done = await PostAsync(installation, browser, Key);
        done.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await done.Content.ReadAsStringAsync()).ShouldContain("Disconnected from HubSpot");
        installation.HubSpot.Calls.ShouldContain(call => call.Path.EndsWith("/token/revoke", StringComparison.Ordinal));
        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeFalse();
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
        (await browser.GetStringAsync(installation.Address)).ShouldContain("Disconnected from HubSpot");

        using var again = await PostAsync(installation, browser, Key);
        (await again.Content.ReadAsStringAsync()).ShouldContain("There is nothing to disconnect");
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "http://localhost:1")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Without_a_key_no_other_page_can_disconnect_by_the_browser_on_this_machine(string header, string value)
    {
        await using var installation = await Installation.StartAsync(servers);
        using var browser = Installation.NewBrowser();
        browser.DefaultRequestHeaders.TryAddWithoutValidation(header, value);

        using var refused = await PostAsync(installation, browser);

        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("This was sent by another page");
        await ShouldBeConnectedAsync(installation);
    }

    [Fact]
    public async Task Without_a_key_this_machine_disconnects_and_no_other()
    {
        await using var installation = await Installation.StartAsync(servers);
        using var stranger = Installation.NewBrowser();
        stranger.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        using var browser = Installation.NewBrowser();

        (await browser.GetStringAsync(installation.Address)).ShouldContain("oauth/disconnect");
        (await browser.GetStringAsync(DisconnectPage(installation))).ShouldNotContain("Operator key");
        using (var refused = await stranger.GetAsync(DisconnectPage(installation)))
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using (var refused = await PostAsync(installation, stranger))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await refused.Content.ReadAsStringAsync()).ShouldContain("Operator:Key");
        }

        await ShouldBeConnectedAsync(installation);
        using var done = await PostAsync(installation, browser);
        (await done.Content.ReadAsStringAsync()).ShouldContain("Disconnected from HubSpot");
        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeFalse();

        using var connected = await installation.ConnectAsync();
        connected.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_HubSpots_confirmation_nothing_changes()
    {
        await using var installation = await Installation.StartAsync(servers);
        using var browser = Installation.NewBrowser();
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Message = "<b>Later</b>", Match = new() { Path = "/oauth/*/token/revoke" } });

        using var page = await PostAsync(installation, browser);

        page.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await page.Content.ReadAsStringAsync()).ShouldContain("HubSpot says: &lt;b&gt;Later&lt;/b&gt;");
        await ShouldBeConnectedAsync(installation);
    }

    private static Uri DisconnectPage(Installation installation) => new(installation.Address, "oauth/disconnect");

    private static async Task<HttpResponseMessage> PostAsync(Installation installation, HttpClient browser, string? key = null)
    {
        using var form = new FormUrlEncodedContent(key is null ? [] : [new("key", key)]);
        return await browser.PostAsync(DisconnectPage(installation), form);
    }

    private static async Task ShouldBeConnectedAsync(Installation installation)
    {
        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeTrue();
        installation.HubSpot.Calls.ShouldNotContain(call => call.Path.EndsWith("/token/revoke", StringComparison.Ordinal) && call.Status == 200);
    }
}
