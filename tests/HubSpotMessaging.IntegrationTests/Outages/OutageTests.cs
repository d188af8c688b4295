using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;
using Fault = HubSpotMessaging.Emulator.Fault;

namespace HubSpotMessaging.IntegrationTests.Outages;

/// <summary>HubSpot is down, or wants to be left alone, under two replicas with one real RabbitMQ and one real Redis.</summary>
public sealed class OutageTests(Servers servers)
{
    private const string Sync = "hubspot-sync-contact";
    private const string Enroll = "hubspot-enroll-in-workflow";
    private const string Probe = """{"inputs":[]}""";

    private static readonly FaultMatch Contacts = new() { Path = "/crm/*" };

    [Fact]
    public async Task HubSpot_that_is_down_is_left_alone_by_all_replicas_until_a_probe_finds_it_again()
    {
        await using var installation = await StartAsync();
        var bus = installation.Bus;
        installation.HubSpot.AddContact(Installation.Portal, new Dictionary<string, string> { ["email"] = "ada@example.com" });

        Fault[] outages = [new() { Kind = FaultKind.Status, Status = 503 }, new() { Kind = FaultKind.Reset }];
        foreach (var (number, outage) in outages.Index())
        {
            var start = installation.HubSpot.Calls.Count;
            installation.HubSpot.Faults.Add(outage);
            await PublishAsync(bus, $"{number}-sync", 150);
            await PublishEnrollmentsAsync(bus, $"{number}-enroll", 50, "1001");

            await Eventually.BecomesTrueAsync(() => Count(bus, "DeliveryPaused", "HubSpotUnavailable") == 2 * (number + 1), "the pauses are told");
            await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync(Sync) == 150 && await bus.DepthAsync(Enroll) == 50, "everything waits in its queue");
            (await bus.ConsumersAsync(Sync)).ShouldBe(0u);
            (await bus.ConsumersAsync(Enroll)).ShouldBe(0u);
            (await bus.ConsumersAsync("hubspot-post-timeline-event")).ShouldBe(2u); // Nobody knows anything of those.
            var paused = installation.HubSpot.Calls.Count;
            await Eventually.BecomesTrueAsync(() => installation.HubSpot.Calls.Count >= paused + 2, "it is asked again");

            installation.HubSpot.Faults.Clear();
            await OutcomesAsync(bus, "ContactSynced", $"{number}-sync", 150);
            await OutcomesAsync(bus, "ContactEnrolledInWorkflow", $"{number}-enroll", 50);
            await Eventually.BecomesTrueAsync(() => Count(bus, "DeliveryResumed", "HubSpotUnavailable") == 2 * (number + 1), "the resumptions are told");
            var probes = installation.HubSpot.Calls.Skip(paused).TakeWhile(call => call.Status is not (200 or 201 or 207)).ToList();
            probes.ShouldAllBe(call => call.Body == Probe);
            Spacing(probes).ShouldAllBe(between => between > TimeSpan.FromSeconds(1));
            Report($"{outage.Kind}: {paused - start} calls before all had noticed, {probes.Count} probes");
        }

        Scopes(bus, "DeliveryPaused").ShouldBe(["EnrollInWorkflow", "EnrollInWorkflow", "SyncContact", "SyncContact"]);
        Scopes(bus, "DeliveryResumed").ShouldBe(["EnrollInWorkflow", "EnrollInWorkflow", "SyncContact", "SyncContact"]);
        await ShouldHaveRefusedNothingAsync(bus);
    }

    [Fact]
    public async Task A_migrating_portal_and_a_spent_day_are_waited_out_as_HubSpot_says()
    {
        await using var installation = await StartAsync();
        var bus = installation.Bus;
        (Fault Fault, string Reason)[] waits =
        [
            (new() { Kind = FaultKind.PortalMigrating, RetryAfter = 3, Match = Contacts }, "PortalMigrating"),
            (new() { Kind = FaultKind.RateLimited, PolicyName = "DAILY", RetryAfter = 3, Match = Contacts }, "DailyLimit"),
        ];
        foreach (var (fault, reason) in waits)
        {
            var start = installation.HubSpot.Calls.Count;
            installation.HubSpot.Faults.Add(fault);
            await PublishAsync(bus, reason, 200);

            var paused = await bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == reason);
            ((string?)paused["scope"]).ShouldBeNull();
            var until = (DateTimeOffset)paused["until"]!;
            await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync(Sync) == 200, "everything waits in its queue");
            foreach (var queue in AmqpClient.Queues)
                await Eventually.BecomesTrueAsync(async () => await bus.ConsumersAsync(queue) == 0, $"nobody consumes {queue}");
            var settled = installation.HubSpot.Calls.Count;
            await Eventually.BecomesTrueAsync(() => installation.HubSpot.Calls.Count > settled, "it is asked again");
            installation.HubSpot.Faults.Clear();

            await OutcomesAsync(bus, "ContactSynced", reason, 200);
            await bus.EventAsync("DeliveryResumed", message => (string?)message["reason"] == reason);
            var probes = installation.HubSpot.Calls.Skip(settled).TakeWhile(call => call.Body == Probe).ToList();
            probes[0].At.ShouldBeGreaterThanOrEqualTo(until);
            probes.Count.ShouldBeInRange(2, 3); // The second after as long again, since HubSpot has said so again.
            Spacing(probes).ShouldAllBe(between => between > TimeSpan.FromSeconds(2.9));
            (settled - start).ShouldBeLessThan(50);
            Count(bus, "DeliveryPaused", reason).ShouldBe(1);
            Count(bus, "DeliveryResumed", reason).ShouldBe(1);
            Report($"{reason}: {settled - start} calls before all had noticed, {probes.Count} probes");
        }

        await ShouldHaveRefusedNothingAsync(bus);
    }

    [Fact]
    public async Task Without_workflows_enrolments_wait_and_contacts_go_on()
    {
        await using var installation = await StartAsync();
        var bus = installation.Bus;
        installation.HubSpot.AddContact(Installation.Portal, new Dictionary<string, string> { ["email"] = "ada@example.com" });

        // One contact at which HubSpot fails is not a HubSpot that fails: it waits by itself.
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Times = 3, Match = new() { BodyContains = "poison" } });
        await bus.PublishAsync("SyncContact", """{"commandId":"poison","email":"poison@example.com"}""");
        await bus.OutcomeAsync("ContactSynced", "poison");

        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Match = new() { Path = "/automation/*" } });
        await PublishEnrollmentsAsync(bus, "enroll", 30, "welcome");
        await PublishAsync(bus, "before", 20);
        await OutcomesAsync(bus, "ContactSynced", "before", 20);
        await bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == "HubSpotUnavailable");
        await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync(Enroll) == 30, "enrolments wait");
        (await bus.ConsumersAsync(Enroll)).ShouldBe(0u);
        await PublishAsync(bus, "after", 20);
        await OutcomesAsync(bus, "ContactSynced", "after", 20);
        (await bus.ConsumersAsync(Sync)).ShouldBe(2u);

        installation.HubSpot.Faults.Clear();
        await OutcomesAsync(bus, "ContactEnrolledInWorkflow", "enroll", 30);
        await bus.EventAsync("DeliveryResumed", message => (string?)message["reason"] == "HubSpotUnavailable");
        Scopes(bus, "DeliveryPaused").ShouldBe(["EnrollInWorkflow"]);
        Scopes(bus, "DeliveryResumed").ShouldBe(["EnrollInWorkflow"]);
        Count(bus, "CommandRejected").ShouldBe(0);
        (await bus.DepthAsync($"{Enroll}_error")).ShouldBe(0u);
    }

    [Fact]
    public async Task Without_a_token_to_be_had_commands_wait_in_their_queue_and_HubSpot_is_left_alone()
    {
        await using var installation = await StartAsync(emulator => emulator.AccessTokenLifetimeSeconds = 6);
        var bus = installation.Bus;
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Match = new() { Path = "/oauth/*/token" } });
        await Eventually.BecomesTrueAsync(async () => await bus.ConsumersAsync(Sync) == 0, "the token has ended");

        await PublishAsync(bus, "waits", 50);
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System); // Longer than anybody waits before he looks again.
        installation.HubSpot.Calls.ShouldNotContain(call => call.Path.StartsWith("/crm/", StringComparison.Ordinal));
        (await bus.DepthAsync(Sync)).ShouldBe(50u);
        installation.HubSpot.Settings.AccessTokenLifetimeSeconds = 1800;
        installation.HubSpot.Faults.Clear();

        await OutcomesAsync(bus, "ContactSynced", "waits", 50);
        await bus.EventAsync("DeliveryResumed", message => (string?)message["reason"] == "TokenUnavailable");
        Count(bus, "DeliveryPaused", "TokenUnavailable").ShouldBe(1);
        Count(bus, "AuthorizationRequired").ShouldBe(1); // That of the fresh installation.
        await ShouldHaveRefusedNothingAsync(bus);
    }

    private async Task<Installation> StartAsync(Action<EmulatorSettings>? hubSpot = null)
    {
        var installation = await Installation.StartAsync(servers, hubSpot: hubSpot);
        await installation.AddReplicaAsync();
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.ConsumersAsync(Sync) == 2, "both consume");
        return installation;
    }

    private static async Task PublishAsync(AmqpClient bus, string name, int count)
    {
        for (var number = 0; number < count; number++)
            await bus.PublishAsync("SyncContact", $$"""{"commandId":"{{name}}-{{number}}","email":"{{name}}-{{number}}@example.com"}""");
    }

    private static async Task PublishEnrollmentsAsync(AmqpClient bus, string name, int count, string workflow)
    {
        for (var number = 0; number < count; number++)
            await bus.PublishAsync("EnrollInWorkflow", $$"""{"commandId":"{{name}}-{{number}}","email":"ada@example.com","workflow":"{{workflow}}"}""");
    }

    private static Task OutcomesAsync(AmqpClient bus, string name, string commands, int count) => Eventually.BecomesTrueAsync(
        () => bus.Seen
            .Where(seen => seen.Event == name && ((string?)seen.Message["commandId"])!.StartsWith($"{commands}-", StringComparison.Ordinal))
            .Select(seen => (string?)seen.Message["commandId"]).Distinct().Count() == count,
        $"{commands} is done");

    private static int Count(AmqpClient bus, string name, string? reason = null) =>
        bus.Seen.Count(seen => seen.Event == name && (reason is null || (string?)seen.Message["reason"] == reason));

    private static IReadOnlyList<string?> Scopes(AmqpClient bus, string name) =>
    [
        .. bus.Seen.Where(seen => seen.Event == name && (string?)seen.Message["reason"] == "HubSpotUnavailable")
            .Select(seen => (string?)seen.Message["scope"]).Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<TimeSpan> Spacing(IReadOnlyList<RecordedCall> calls) => calls.Zip(calls.Skip(1), (one, next) => next.At - one.At);

    private static async Task ShouldHaveRefusedNothingAsync(AmqpClient bus)
    {
        Count(bus, "CommandRejected").ShouldBe(0);
        foreach (var queue in AmqpClient.Queues)
            (await bus.DepthAsync($"{queue}_error")).ShouldBe(0u, queue);
    }

    private static void Report(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
