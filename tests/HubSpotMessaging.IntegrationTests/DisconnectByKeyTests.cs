using System.Net;
using static HubSpotMessaging.IntegrationTests.DisconnectTests;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>Whoever has the operator key can disconnect, and nobody else.</summary>
public sealed class DisconnectByKeyTests(Servers servers)
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
}
