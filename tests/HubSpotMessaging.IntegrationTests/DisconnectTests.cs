using System.Net;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>Whoever can disconnect makes all commands wait.</summary>
public sealed class DisconnectTests(SharedInstallation shared) : IClassFixture<SharedInstallation>
{
    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "http://localhost:1")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Without_a_key_no_other_page_can_disconnect_by_the_browser_on_this_machine(string header, string value)
    {
        await using var installation = await shared.BeginAsync();
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
        await using var installation = await shared.BeginAsync();
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
        await using var installation = await shared.BeginAsync();
        using var browser = Installation.NewBrowser();
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Message = "<b>Later</b>", Match = new() { Path = "/oauth/*/token/revoke" } });

        using var page = await PostAsync(installation, browser);

        page.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await page.Content.ReadAsStringAsync()).ShouldContain("HubSpot says: &lt;b&gt;Later&lt;/b&gt;");
        await ShouldBeConnectedAsync(installation);
    }

    internal static Uri DisconnectPage(Installation installation) => new(installation.Address, "oauth/disconnect");

    internal static async Task<HttpResponseMessage> PostAsync(Installation installation, HttpClient browser, string? key = null)
    {
        using var form = new FormUrlEncodedContent(key is null ? [] : [new("key", key)]);
        return await browser.PostAsync(DisconnectPage(installation), form);
    }

    internal static async Task ShouldBeConnectedAsync(Installation installation)
    {
        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeTrue();
        installation.HubSpot.Calls.ShouldNotContain(call => call.Path.EndsWith("/token/revoke", StringComparison.Ordinal) && call.Status == 200);
    }
}
