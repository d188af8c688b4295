using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.IntegrationTests.DeadLetters;

namespace HubSpotMessaging.IntegrationTests.Pausing;

/// <summary>
/// What is done does not come again because its queue stops: a quorum queue loses of many acknowledgements at once those that it has not
/// taken when the channel closes.
/// </summary>
public sealed class LastAcknowledgementsTests(Servers servers)
{
    private const int Commands = 1200;
    private const string Queue = "hubspot-sync-contact";

    [Fact]
    public async Task When_an_operator_pauses()
    {
        await using var installation = await StartAsync();
        using var api = new OperatorApi(installation.Address);
        var held = await PublishAndHoldAsync(installation);

        await api.PostAsync("pause", new { });
        installation.HubSpot.Faults.Remove(held.Id);
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.ConsumersAsync(Queue) == 0, "nobody consumes");
        await Eventually.BecomesTrueAsync(() => Outcomes(installation) == Commands, "all are done");
        await installation.Service.WaitForLineAsync(line => line.Contains($"{Queue} is not consumed", StringComparison.Ordinal), TimeSpan.FromSeconds(30));

        (await installation.Bus.DepthAsync(Queue)).ShouldBe(0u);
    }

    [Fact]
    public async Task When_the_service_stops()
    {
        await using var installation = await StartAsync();
        var held = await PublishAndHoldAsync(installation);

        var stopped = installation.Service.StopAsync();
        await installation.Service.WaitForLineAsync(line => line.Contains("shutting down", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        installation.HubSpot.Faults.Remove(held.Id);
        await stopped;

        await Eventually.BecomesTrueAsync(() => Outcomes(installation) == Commands, "all are done");
        (await installation.Bus.DepthAsync(Queue)).ShouldBe(0u);
    }

    /// <summary>Where HubSpot may take its time to answer.</summary>
    private Task<Installation> StartAsync() => Installation.StartAsync(servers, settings => settings["HubSpot__RequestTimeout"] = "00:01:00", connect: false);

    /// <summary>All come at once, wait for HubSpot's answer, and so are acknowledged at once.</summary>
    private static async Task<ActiveFault> PublishAndHoldAsync(Installation installation)
    {
        var held = installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.HoldAnswer, Match = new() { Path = "*/batch/upsert" } });
        for (var number = 0; number < Commands; number++)
            await installation.Bus.PublishAsync("SyncContact", $$"""{"commandId":"c-{{number}}","email":"c{{number}}@example.com"}""");
        var now = ((DateTimeOffset)await installation.Redis.Multiplexer.GetServers()[0].TimeAsync()).ToUnixTimeMilliseconds();
        await installation.Redis.HashSetAsync(QuotaStore.StateKey, "hold", now + 3_000); // Until all have come, so that they fill batches.
        await installation.ConnectAsync();
        await Eventually.BecomesTrueAsync(() => installation.HubSpot.Contacts.Count == Commands, "HubSpot has written all");
        return held;
    }

    private static int Outcomes(Installation installation) => installation.Bus.Seen.Count(seen => seen.Event == "ContactSynced");
}
