namespace HubSpotMessaging.IntegrationTests;

/// <summary>Secrets and addresses stay out of logs and events, however much is logged.</summary>
public sealed class SecrecyTests(Servers servers)
{
    [Fact]
    public async Task Neither_tokens_nor_codes_nor_addresses_reach_the_logs()
    {
        await using var installation = await Installation.StartAsync(
            servers,
            settings =>
            {
                settings["Logging__LogLevel__Default"] = "Trace";
                settings["Logging__LogLevel__Microsoft.AspNetCore"] = "Trace";
                settings["Logging__LogLevel__System.Net.Http.HttpClient"] = "Trace";
                settings["Logging__LogLevel__MassTransit"] = "Trace";
            },
            connect: false);
        using var browser = Installation.NewBrowser();
        var callback = await installation.ConsentAsync(browser);
        (await Installation.ReturnAsync(browser, callback)).EnsureSuccessStatusCode();
        var code = System.Web.HttpUtility.ParseQueryString(callback.Query)["code"]!;
        var state = System.Web.HttpUtility.ParseQueryString(callback.Query)["state"]!;

        // Something of each kind: done, rejected by us, refused by HubSpot, unreadable, and one that needs new tokens.
        var bus = installation.Bus;
        await bus.PublishAsync("SyncContact", """{"commandId":"s-1","email":"ada.secret@example.com","properties":{"firstname":"Ada"}}""");
        await bus.PublishAsync("SyncContact", """{"commandId":"s-2-for-joe.secret@example.com","email":"bob.secret","properties":{}}""");
        await bus.PublishAsync("SyncContact", """{"commandId":"s-3","email":"eve.secret@example.com","properties":{"nope":"x"}}""");
        await bus.PublishAsync("SyncContact", """{"commandId":"s-4","email":["joe.secret@example.com"]}""");
        await bus.OutcomeAsync("ContactSynced", "s-1");
        await bus.OutcomeAsync("CommandRejected", "s-2-for-joe.secret@example.com");
        await bus.OutcomeAsync("CommandRejected", "s-3");
        var before = await TokensAsync();
        installation.HubSpot.ExpireAccessTokens(Installation.Portal);
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"s-5","email":"ada.secret@example.com","workflow":"1001"}""");
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "s-5");
        await bus.EventAsync("TokenRefreshed");
        var after = await TokensAsync();
        after[0].ShouldNotBe(before[0]);
        await installation.Service.StopAsync();

        var log = installation.Service.Output;
        log.ShouldContain("s-3");
        foreach (var secret in (string[])[.. before, .. after, code, state, Installation.ClientSecret, "ada.secret", "bob.secret", "eve.secret", "joe.secret"])
            log.Contains(secret, StringComparison.OrdinalIgnoreCase).ShouldBeFalse(
                string.Join('\n', log.Split('\n').Where(line => line.Contains(secret, StringComparison.OrdinalIgnoreCase))));

        var events = string.Join('\n', bus.Seen.Select(seen => seen.Message.ToJsonString()));
        foreach (var secret in (string[])[.. before, .. after, code, Installation.ClientSecret])
            events.ShouldNotContain(secret);

        async Task<string[]> TokensAsync() =>
            [(string)(await installation.Redis.StringGetAsync("hs_access_token"))!, (string)(await installation.Redis.StringGetAsync("hs_refresh_token"))!];
    }
}
