using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.Deployment;

/// <summary>A Redis that is found by its name, at a Sentinel.</summary>
public sealed class SentinelTests(Servers servers)
{
    [Fact]
    public async Task Redis_is_found_by_its_Sentinel()
    {
        Assert.SkipUnless(await RedisTestServer.CanStartSentinelsAsync(), "A Sentinel must reach Redis by the address that the service does, so that both have to be processes on this machine.");
        await using var redis = await RedisTestServer.StartOwnAsync([]);
        await using var sentinel = await RedisTestServer.StartSentinelAsync("contacts", redis);
        await using var installation = await Installation.StartAsync(servers, settings => settings["ConnectionStrings__Redis"] = $"{sentinel.Configuration},serviceName=contacts");

        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"c","email":"ada@example.com"}""");
        await installation.Bus.OutcomeAsync("ContactSynced", "c");
        (await installation.Service.StopAsync()).ShouldBe(0);
    }
}
