using System.Net;
using System.Net.Http.Json;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.IntegrationTests.Operators;

/// <summary>Whoever can give the grant back makes all commands wait.</summary>
public sealed class RevokeTests(SharedInstallation shared) : IClassFixture<SharedInstallation>
{
    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "http://localhost:1")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Sec-Fetch-Site", "same-origin")] // Without the token of the console's page.
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    public async Task Without_a_key_no_other_page_or_machine_can_revoke(string header, string value)
    {
        await using var installation = await shared.BeginAsync();
        using var browser = Installation.NewBrowser();
        browser.DefaultRequestHeaders.TryAddWithoutValidation(header, value);

        using var refused = await RevokeAsync(installation, browser);

        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        await ShouldBeConnectedAsync(installation);
    }

    [Fact]
    public async Task Without_a_key_this_machine_revokes()
    {
        await using var installation = await shared.BeginAsync();
        using var program = Installation.NewBrowser();

        using var done = await RevokeAsync(installation, program);
        (await done.Content.ReadAsStringAsync()).ShouldBe("""{"wasConnected":true}""");
        installation.HubSpot.Calls.ShouldContain(call => call.Path.EndsWith("/token/revoke", StringComparison.Ordinal) && call.Status == 200);
        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeFalse();
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
        (await program.GetStringAsync(installation.Address)).ShouldContain("Disconnected from HubSpot");

        using var again = await RevokeAsync(installation, program);
        (await again.Content.ReadAsStringAsync()).ShouldBe("""{"wasConnected":false}""");
        using var connected = await installation.ConnectAsync();
        connected.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_HubSpots_confirmation_nothing_changes()
    {
        await using var installation = await shared.BeginAsync();
        using var program = Installation.NewBrowser();
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Message = "Later", Match = new() { Path = "/oauth/*/token/revoke" } });

        using var answer = await RevokeAsync(installation, program);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("HubSpot says: Later");
        await ShouldBeConnectedAsync(installation);
    }

    private static Task<HttpResponseMessage> RevokeAsync(Installation installation, HttpClient client) =>
        client.PostAsJsonAsync(new Uri(installation.Address, "api/operator/revoke"), new { });

    private static async Task ShouldBeConnectedAsync(Installation installation)
    {
        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeTrue();
        installation.HubSpot.Calls.ShouldNotContain(call => call.Path.EndsWith("/token/revoke", StringComparison.Ordinal) && call.Status == 200);
    }
}
