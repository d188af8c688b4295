using System.Text.Json.Nodes;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Testing;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.Pausing;

/// <summary>Commands wait unharmed while the line is paused, over several processes on one real RabbitMQ and one real Redis.</summary>
public sealed class LineTests(Servers servers)
{
    private const long Free = 424242;
    private static readonly PauseReason Test = new("test", "Test");

    [Fact]
    public async Task A_revocation_under_load_is_told_once_costs_a_handful_of_calls_and_no_command()
    {
        await using var installation = await Installation.StartAsync(servers);
        var second = await installation.AddReplicaAsync();
        await installation.AddReplicaAsync();
        var bus = installation.Bus;
        var commands = Enumerable.Range(0, 300).Select(number => $"c-{number}").ToList();
        var publishing = PublishAsync(commands.Take(150));
        await bus.EventAsync("ContactSynced");

        installation.HubSpot.Revoke(Installation.Portal);
        await publishing;
        await PublishAsync(commands.Skip(150)); // At the latest these find out, should the others have been quicker.
        await bus.EventAsync("AuthorizationRequired", message => (string?)message["reason"] == "Revoked");
        await bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == "Authorization");
        await Eventually.BecomesTrueAsync(async () => await bus.ConsumersAsync("hubspot-sync-contact") == 0, "nobody consumes");

        await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync("hubspot-sync-contact") == commands.Count - bus.Seen.DistinctBy(seen => seen.MessageId).Count(seen => seen.Event == "ContactSynced"), "what is not done is back");

        // While it is lost, HubSpot is left alone: what comes now, comes to nobody.
        var calls = installation.HubSpot.Calls.Count;
        var refreshes = installation.HubSpot.Calls.Count(call => call.Path.EndsWith("/token", StringComparison.Ordinal));
        refreshes.ShouldBe(2); // The exchange of the code, and the refresh that was refused.
        await bus.PublishAsync("SyncContact", """{"commandId":"late","email":"late@example.com"}""");
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System); // Longer than anybody waits before he looks again.
        installation.HubSpot.Calls.Count.ShouldBe(calls);
        (await bus.DepthAsync("hubspot-sync-contact")).ShouldBeGreaterThan(0u);

        await installation.ConnectAsync(at: second.Address);
        foreach (var command in commands.Append("late"))
            await bus.OutcomeAsync("ContactSynced", command, seconds: 60);

        await Eventually.BecomesTrueAsync(() => Count("DeliveryResumed") == 2, "the resumption is told");
        Count("AuthorizationRequired", message => (string?)message["reason"] == "Revoked").ShouldBe(1);
        Count("DeliveryPaused").ShouldBe(2, string.Join(' ', bus.Seen.Select(seen => seen.Event).Where(name => name != "ContactSynced"))); // This one, and that of the fresh installation.
        Count("CommandRejected").ShouldBe(0);
        (await bus.DepthAsync("hubspot-sync-contact_error")).ShouldBe(0u);
        installation.HubSpot.Contacts.Count.ShouldBe(301);

        async Task PublishAsync(IEnumerable<string> some)
        {
            await Task.Yield();
            foreach (var command in some)
                await bus.PublishAsync("SyncContact", $$"""{"commandId":"{{command}}","email":"{{command}}@example.com"}""");
        }

        int Count(string name, Func<JsonObject, bool>? matches = null) =>
            bus.Seen.Count(seen => seen.Event == name && matches?.Invoke(seen.Message) != false);
    }

    [Fact]
    public async Task A_missing_scope_stops_the_one_command_that_needs_it_until_somebody_grants_it()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        var bus = installation.Bus;
        installation.HubSpot.Put(new Account { PortalId = Free, Tier = AccountTier.Free }); // Has no workflows.
        await installation.ConnectAsync(Free);
        await bus.PublishAsync("SyncContact", """{"commandId":"before","email":"ada@example.com"}""");
        await bus.OutcomeAsync("ContactSynced", "before");

        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"waits","email":"ada@example.com","workflow":"1001"}""");
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"waits-too","email":"ada@example.com","workflow":"1001"}""");
        var paused = await bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == "MissingScope");
        ((string?)paused["scope"]).ShouldBe("EnrollInWorkflow");
        await Eventually.BecomesTrueAsync(async () => await bus.ConsumersAsync("hubspot-enroll-in-workflow") == 0, "enrolments wait");
        await bus.PublishAsync("SyncContact", """{"commandId":"goes-on","email":"grace@example.com"}""");
        await bus.OutcomeAsync("ContactSynced", "goes-on");
        await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync("hubspot-enroll-in-workflow") == 2, "both wait in the queue");
        installation.Service.Output.ShouldContain("automation");

        installation.HubSpot.Put(new Account { PortalId = Free, Tier = AccountTier.Professional });
        await installation.ConnectAsync(Free);
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "waits");
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "waits-too");
        ((string?)(await bus.EventAsync("DeliveryResumed", message => (string?)message["reason"] == "MissingScope"))["scope"]).ShouldBe("EnrollInWorkflow");
        bus.Seen.Count(seen => seen.Event == "DeliveryPaused" && (string?)seen.Message["reason"] == "MissingScope").ShouldBe(1);
        bus.Seen.ShouldNotContain(seen => seen.Event == "AuthorizationRequired" && (string?)seen.Message["reason"] != "NotYetAuthorized");
        (await bus.DepthAsync("hubspot-enroll-in-workflow_error")).ShouldBe(0u);
    }

    [Fact]
    public async Task A_missing_scope_that_is_told_after_somebody_granted_it_pauses_nothing()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["HubSpot__RequestTimeout"] = "00:01:00", connect: false);
        var bus = installation.Bus;
        installation.HubSpot.Put(new Account { PortalId = Free, Tier = AccountTier.Free });
        await installation.ConnectAsync(Free);
        await bus.PublishAsync("SyncContact", """{"commandId":"before","email":"ada@example.com"}""");
        await bus.OutcomeAsync("ContactSynced", "before");
        var held = installation.HubSpot.Faults.Add(
            new Fault { Kind = FaultKind.HoldAnswer, Times = 1, Match = new() { Path = "/automation/*/workflows/*/enrollments/contacts/*" } });
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"waits","email":"ada@example.com","workflow":"1001"}""");
        await held.WhenHitAsync();

        installation.HubSpot.Put(new Account { PortalId = Free, Tier = AccountTier.Professional });
        await installation.ConnectAsync(Free);
        installation.HubSpot.Faults.Clear(); // Now it is told that a scope is missing.

        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "waits");
    }

    [Fact]
    public async Task A_hundred_pauses_with_a_full_prefetch_lose_and_dead_letter_nothing()
    {
        await using var installation = await Installation.StartAsync(servers);
        await installation.AddReplicaAsync();
        var bus = installation.Bus;
        installation.HubSpot.Settings.LatencyMilliseconds = 100;
        var lines = new LineStore(installation.RedisConnection);
        const int Pauses = 100;
        const int Commands = 4_000;
        var publishing = Task.Run(async () =>
        {
            for (var number = 0; number < Commands; number++)
                await bus.PublishAsync("SyncContact", $$"""{"commandId":"c-{{number}}","email":"c{{number % 500}}@example.com"}""");
        });
        await bus.EventAsync("ContactSynced");

        for (var pause = 0; pause < Pauses; pause++)
        {
            await lines.PauseAsync(Test);
            await Eventually.BecomesTrueAsync(async () => await bus.ConsumersAsync("hubspot-sync-contact") == 0, "the consumers stop");
            await lines.ResumeAsync(Test);
            await Eventually.BecomesTrueAsync(async () => await bus.ConsumersAsync("hubspot-sync-contact") == 2, "the consumers start");
        }

        await publishing;
        installation.HubSpot.Settings.LatencyMilliseconds = 0;
        await Eventually.BecomesTrueAsync(
            () => bus.Seen.Where(seen => seen.Event == "ContactSynced").Select(seen => (string?)seen.Message["commandId"]).Distinct().Count() == Commands,
            "every command is done",
            seconds: 120);
        (await bus.DepthAsync("hubspot-sync-contact")).ShouldBe(0u);
        (await bus.DepthAsync("hubspot-sync-contact_error")).ShouldBe(0u);
        bus.Seen.ShouldNotContain(seen => seen.Event == "CommandRejected");
        await Eventually.BecomesTrueAsync(
            () => bus.Seen.Count(seen => seen.Event == "DeliveryResumed" && (string?)seen.Message["reason"] == "Test") == Pauses, "each resumption is told");
        bus.Seen.Count(seen => seen.Event == "DeliveryPaused" && (string?)seen.Message["reason"] == "Test").ShouldBe(Pauses);
    }

    [Fact]
    public async Task A_bus_that_reconnects_while_the_line_is_paused_does_not_begin_to_consume()
    {
        var broker = new Uri(servers.RabbitMq.Uri);
        await using var way = TcpProxy.Start(broker.Host, broker.Port);
        await using var installation = await Installation.StartAsync(servers, settings => settings["ConnectionStrings__RabbitMq"] =
            settings["ConnectionStrings__RabbitMq"]!.Replace($"@{broker.Authority.Split('@')[^1]}", $"@127.0.0.1:{way.Port}", StringComparison.Ordinal));
        var bus = installation.Bus;
        var lines = new LineStore(installation.RedisConnection);
        await lines.PauseAsync(Test);
        await bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == "Test");
        await Eventually.BecomesTrueAsync(async () => await bus.ConsumersAsync("hubspot-sync-contact") == 0, "the consumers stop");
        await bus.PublishAsync("SyncContact", """{"commandId":"c","email":"ada@example.com"}""");

        way.Cut();
        var other = new PauseReason("test", "Other");
        await lines.PauseAsync(other); // To be told when the bus is back.
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        bus.Seen.ShouldNotContain(seen => (string?)seen.Message["reason"] == "Other");
        way.Mend();
        await bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == "Other", seconds: 60);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        (await bus.ConsumersAsync("hubspot-sync-contact")).ShouldBe(0u);

        await lines.ResumeAsync(Test);
        await lines.ResumeAsync(other);
        await bus.OutcomeAsync("ContactSynced", "c");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pause_that_comes_while_the_queues_are_being_resumed_ends_like_any_other(bool isCut)
    {
        var broker = new Uri(servers.RabbitMq.Uri);
        await using var way = TcpProxy.Start(broker.Host, broker.Port);
        await using var installation = await Installation.StartAsync(servers, settings => settings["ConnectionStrings__RabbitMq"] =
            settings["ConnectionStrings__RabbitMq"]!.Replace($"@{broker.Authority.Split('@')[^1]}", $"@127.0.0.1:{way.Port}", StringComparison.Ordinal));
        var bus = installation.Bus;
        var lines = new LineStore(installation.RedisConnection);
        await lines.PauseAsync(Test);
        await Eventually.BecomesTrueAsync(() => LastSaid("is not consumed", "is consumed again") == "is not consumed", "the queue is stopped");
        await bus.PublishAsync("SyncContact", """{"commandId":"c","email":"ada@example.com"}""");

        way.StallReplies(); // The broker hears, and is not heard.
        await lines.ResumeAsync(Test);
        await Eventually.BecomesTrueAsync(() => LastSaid("is not consumed", "is consumed again") == "is consumed again", "the queue is being resumed");
        await lines.PauseAsync(Test);
        using var http = new HttpClient();
        await Eventually.BecomesTrueAsync(
            async () => (await (await http.GetAsync(new Uri(installation.Address, "health/ready"))).Content.ReadAsStringAsync()).Contains("paused: Test", StringComparison.Ordinal),
            "the pause is noticed");
        if (isCut)
        {
            way.Cut();
            way.Mend();
        }

        way.Resume();
        await lines.ResumeAsync(Test);
        await bus.OutcomeAsync("ContactSynced", "c", seconds: 60);

        string LastSaid(params string[] of)
        {
            var output = installation.Service.Output;
            return of.MaxBy(words => output.LastIndexOf($"hubspot-sync-contact {words}", StringComparison.Ordinal))!;
        }
    }

    [Fact]
    public async Task Redis_away_for_half_a_minute_is_waited_for_without_a_crash_or_a_storm()
    {
        var redis = ConfigurationOptions.Parse(servers.Redis).EndPoints[0].ToString()!.Split('/')[^1].Split(':');
        await using var way = TcpProxy.Start(redis[0], int.Parse(redis[1], System.Globalization.CultureInfo.InvariantCulture));
        await using var installation = await Installation.StartAsync(
            servers, settings => settings["ConnectionStrings__Redis"] = servers.Redis.Replace($"{redis[0]}:{redis[1]}", $"127.0.0.1:{way.Port}", StringComparison.Ordinal));
        var bus = installation.Bus;
        await bus.PublishAsync("SyncContact", """{"commandId":"before","email":"ada@example.com"}""");
        await bus.OutcomeAsync("ContactSynced", "before");

        way.Cut();
        await Eventually.BecomesTrueAsync(async () => await bus.ConsumersAsync("hubspot-sync-contact") == 0, "delivery waits");
        var calls = installation.HubSpot.Calls.Count;
        for (var number = 0; number < 50; number++)
            await bus.PublishAsync("SyncContact", $$"""{"commandId":"c-{{number}}","email":"c{{number}}@example.com"}""");
        await Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System);
        installation.Service.HasExited.ShouldBeFalse();
        installation.HubSpot.Calls.Count.ShouldBe(calls);
        (await bus.DepthAsync("hubspot-sync-contact")).ShouldBe(50u);
        using (var http = new HttpClient())
            (await http.GetStringAsync(new Uri(installation.Address, "health/live"))).ShouldContain("Healthy");

        way.Mend();
        for (var number = 0; number < 50; number++)
            await bus.OutcomeAsync("ContactSynced", $"c-{number}", seconds: 60);
        await bus.EventAsync("DeliveryResumed", message => (string?)message["reason"] == "RedisUnavailable");
        bus.Seen.Count(seen => (string?)seen.Message["reason"] == "RedisUnavailable").ShouldBe(2); // Paused, resumed.
        (await bus.DepthAsync("hubspot-sync-contact_error")).ShouldBe(0u);
    }

}
