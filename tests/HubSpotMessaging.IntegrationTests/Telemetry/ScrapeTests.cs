
namespace HubSpotMessaging.IntegrationTests.Telemetry;

public sealed class ScrapeTests(Servers servers)
{
    [Fact]
    public async Task X()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["DeadLetters__Read"] = "true");
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"t-1","email":"ada@secret.example.com","properties":{"firstname":"Ada"}}""");
        await installation.Bus.OutcomeAsync("ContactSynced", "t-1");
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"t-2","email":"bob.secret","properties":{}}""");
        await installation.Bus.OutcomeAsync("CommandRejected", "t-2");
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System);
        using var http = new HttpClient();
        TestContext.Current.TestOutputHelper!.WriteLine(await http.GetStringAsync(new Uri(installation.Address, "metrics")));
        Assert.Fail("look");
    }
}
