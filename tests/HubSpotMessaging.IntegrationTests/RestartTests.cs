using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>What becomes of commands while nobody delivers them: before the first connection, and from one process to the next.</summary>
public sealed class RestartTests(Servers servers)
{
    private const string Contacts = "/crm/objects/*/contacts/batch/upsert";

    [Fact]
    public async Task What_is_not_finished_at_the_end_returns_to_the_queue_and_is_done_by_the_next_process()
    {
        await using var installation = await Installation.StartAsync(servers);
        var bus = installation.Bus;
        var down = installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Match = new() { Path = Contacts } });
        for (var number = 0; number < 40; number++)
            await bus.PublishAsync("SyncContact", $$"""{"commandId":"c-{{number}}","email":"c{{number}}@example.com"}""");
        await down.WhenHitAsync(2);

        (await installation.Service.StopAsync(TimeSpan.FromSeconds(30))).ShouldBe(0);
        await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync("hubspot-sync-contact") == 40, "all are back");
        (await bus.DepthAsync("hubspot-sync-contact_error")).ShouldBe(0u);

        installation.HubSpot.Faults.Clear();
        await installation.StartServiceAsync();
        for (var number = 0; number < 40; number++)
            await bus.OutcomeAsync("ContactSynced", $"c-{number}");
        installation.HubSpot.Contacts.Count.ShouldBe(40);
    }

    [Fact]
    public async Task What_is_being_sent_at_the_end_is_finished()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["HubSpot__RequestTimeout"] = "00:00:20");
        var held = installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Hold, Match = new() { Path = Contacts } });
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"c","email":"ada@example.com"}""");
        await held.WhenHitAsync();

        var stopped = installation.Service.StopAsync(TimeSpan.FromSeconds(30));
        await installation.Service.WaitForLineAsync(line => line.Contains("shutting down", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        installation.HubSpot.Faults.Clear();

        (await stopped).ShouldBe(0);
        await installation.Bus.OutcomeAsync("ContactSynced", "c");
        (await installation.Bus.DepthAsync("hubspot-sync-contact")).ShouldBe(0u);
    }

    [Fact]
    public async Task Commands_wait_for_the_authorization_and_then_go()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"early","email":"ada@example.com"}""");
        await installation.Bus.EventAsync("AuthorizationRequired");
        installation.HubSpot.Calls.ShouldBeEmpty();

        using var connected = await installation.ConnectAsync();
        await installation.Bus.OutcomeAsync("ContactSynced", "early");

        (await installation.Bus.DepthAsync("hubspot-sync-contact_error")).ShouldBe(0u);
    }
}
