using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot.Delivery.Timeline;
using HubSpotMessaging.Testing;
using MassTransit;
using Fault = HubSpotMessaging.Emulator.Fault;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>How commands come in, and what happens to them when HubSpot is not at its best.</summary>
public sealed class DeliveryTests(SharedInstallation shared) : IClassFixture<SharedInstallation>
{
    private const string Contacts = "/crm/objects/*/contacts/batch/upsert";

    [Fact]
    public async Task Every_way_to_publish_is_understood()
    {
        await using var installation = await shared.BeginAsync();
        var bus = installation.Bus;

        // MassTransit's envelope, by a MassTransit publisher.
        var publisher = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(new Uri(installation.Settings["ConnectionStrings__RabbitMq"]!)));
        await publisher.StartAsync();
        var messageId = NewId.NextGuid();
        await publisher.Publish(
            new SyncContact { Email = "envelope@example.com", Properties = new Dictionary<string, string?> { ["firstname"] = "Envelope" } },
            context => context.MessageId = messageId);
        var synced = await bus.OutcomeAsync("ContactSynced", messageId.ToString());
        ((Guid?)synced["messageId"]).ShouldBe(messageId);
        var sent = DateTimeOffset.Parse((string)synced["occurredAt"]!, System.Globalization.CultureInfo.InvariantCulture);
        (TimeProvider.System.GetUtcNow() - sent).ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromMinutes(1));
        await publisher.StopAsync();

        // Plain JSON to the exchange, to the queue's exchange, and to the bulk queue; with and without a content type.
        await bus.SendAsync("HubSpotMessaging.Contracts:SyncContact", """{"commandId":"p-1","email":"p1@example.com"}"""u8.ToArray());
        await bus.SendAsync("hubspot-sync-contact", """{"commandId":"p-2","email":"p2@example.com"}"""u8.ToArray());
        await bus.SendAsync("hubspot-sync-contact-bulk", """{"commandId":"p-3","email":"p3@example.com"}"""u8.ToArray());
        await bus.SendAsync("hubspot-sync-contact", """{"commandId":"p-4","email":"p4@example.com"}"""u8.ToArray(), contentType: null);
        foreach (var key in (string[])["p-1", "p-2", "p-3", "p-4"])
            await bus.OutcomeAsync("ContactSynced", key);

        // Without a command id: the message id is the key when it is a GUID, and the AMQP timestamp is the time.
        var plainId = Guid.NewGuid();
        await bus.PublishAsync("SyncContact", """{"email":"p5@example.com"}""", plainId, new DateTimeOffset(2026, 9, 10, 12, 0, 0, TimeSpan.Zero));
        var plain = await bus.OutcomeAsync("ContactSynced", plainId.ToString());
        ((string?)plain["occurredAt"]).ShouldBe("2026-09-10T12:00:00+00:00");

        // With nothing of the kind: a contact is safe to write all the same.
        await bus.SendAsync("hubspot-sync-contact", """{"email":"p6@example.com"}"""u8.ToArray(), messageId: "not-a-guid");
        var keyless = await bus.EventAsync("ContactSynced", message => (string?)message["email"] == "p6@example.com");
        keyless["commandId"].ShouldBeNull();
        keyless["messageId"].ShouldBeNull();

        installation.HubSpot.Contacts.Count.ShouldBe(7);
    }

    [Fact]
    public async Task Whoever_asks_is_answered_once()
    {
        await using var installation = await shared.BeginAsync();
        var client = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(new Uri(installation.Settings["ConnectionStrings__RabbitMq"]!)));
        await client.StartAsync();
        var requests = client.CreateRequestClient<SyncContact>();

        Response good = await requests.GetResponse<ContactSynced, CommandRejected>(new SyncContact { CommandId = "asked", Email = "ada@example.com" });
        Response bad = await requests.GetResponse<ContactSynced, CommandRejected>(new SyncContact { CommandId = "asked-badly", Email = "nobody" });

        good.Message.ShouldBeOfType<ContactSynced>().CommandId.ShouldBe("asked");
        bad.Message.ShouldBeOfType<CommandRejected>().Category.ShouldBe(RejectionCategories.InvalidCommand);
        await installation.Bus.OutcomeAsync("CommandRejected", "asked-badly");
        await installation.Bus.DeadLetterAsync("hubspot-sync-contact"); // It comes after the event, perhaps within the next test.
        installation.Bus.Seen.Count(seen => seen.Event == "ContactSynced").ShouldBe(1);
        await client.StopAsync();
    }

    [Fact]
    public async Task The_same_command_twice_has_one_outcome_id()
    {
        await using var installation = await shared.BeginAsync();
        for (var time = 0; time < 2; time++)
            await installation.Bus.PublishAsync("PostTimelineEvent", """{"commandId":"twice","eventType":"1001298","email":"ada@example.com","tokens":{}}""");

        var second = await UntilAsync(
            () => installation.Bus.Seen.Where(seen => seen.Event == "TimelineEventPosted").ToList(), seen => seen.Count == 2);

        second.Select(seen => seen.MessageId).Distinct().ShouldHaveSingleItem();
        installation.HubSpot.TimelineEvents.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Three_hundred_timeline_events_need_a_few_calls_and_each_gets_its_own_outcome()
    {
        const int events = 300;
        const int bad = 5;
        await using var installation = await shared.BeginAsync();
        var bus = installation.Bus;
        var held = installation.HubSpot.Faults.Add(new Fault
        {
            Kind = FaultKind.Hold,
            Times = TimelinePoster.BatchesInFlight,
            Match = new() { Path = "/integrators/timeline/*" },
        });

        // The first calls, with whatever has come by then, are held until everything else waits.
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, events).Select(number => bus.PublishAsync(
            "PostTimelineEvent",
            $$$"""{"commandId":"event-{{{number}}}","eventType":"{{{(number % 60 == 30 ? "4711" : "1001298")}}}","email":"c{{{number % 10}}}@example.com","tokens":{"orderNumber":{{{number}}}}}""")));
        await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync("hubspot-post-timeline-event") == 0, "everything is in the service's hands");
        installation.HubSpot.Faults.Remove(held.Id);

        await Eventually.BecomesTrueAsync(() => Outcomes().Count >= events, "every event has its outcome");
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        var calls = installation.HubSpot.Calls.Count(call => call.Path.StartsWith("/integrators/timeline/", StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper!.WriteLine($"{events} timeline events: {calls} calls, {seconds:F1} s.");

        var outcomes = Outcomes().ToDictionary(seen => (string)seen.Message["commandId"]!, StringComparer.Ordinal);
        for (var number = 0; number < events; number++)
        {
            var (name, message, _) = outcomes[$"event-{number}"];
            if (number % 60 == 30)
            {
                name.ShouldBe("CommandRejected");
                ((string?)message["category"]).ShouldBe("VALIDATION_ERROR");
                ((string?)message["message"]).ShouldBe("Event template 4711 does not exist");
                ((string?)message["correlationId"]).ShouldNotBeNullOrEmpty();
            }
            else
            {
                name.ShouldBe("TimelineEventPosted");
                ((string?)message["eventId"]).ShouldBe($"event-{number}");
            }
        }

        installation.HubSpot.TimelineEvents.ToDictionary(entry => entry.Id, entry => entry.Tokens["orderNumber"]).ShouldBe(
            Enumerable.Range(0, events).Where(number => number % 60 != 30)
                .ToDictionary(number => $"event-{number}", number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ignoreOrder: true);
        calls.ShouldBeLessThanOrEqualTo(events / 15); // A dozen, where nothing else is going on.
        for (var letter = 0; letter < bad; letter++)
            (await bus.DeadLetterAsync("hubspot-post-timeline-event")).Body.ShouldContain("4711");

        List<(string Event, JsonObject Message, string? MessageId)> Outcomes() => [.. bus.Seen.Where(seen => seen.Event is "TimelineEventPosted" or "CommandRejected")];
    }

    [Fact]
    public async Task A_contact_is_created_then_updated_and_other_properties_stay()
    {
        await using var installation = await shared.BeginAsync();
        var bus = installation.Bus;

        await bus.PublishAsync("SyncContact", """{"commandId":"one","email":"ada@example.com","properties":{"firstname":"Ada","city":"London"}}""");
        ((string?)(await bus.OutcomeAsync("ContactSynced", "one"))["result"]).ShouldBe("Created");
        await bus.PublishAsync("SyncContact", """{"commandId":"two","email":"ADA@example.com","properties":{"city":null,"lastname":"Lovelace"}}""");
        ((string?)(await bus.OutcomeAsync("ContactSynced", "two"))["result"]).ShouldBe("Updated");

        var contact = installation.HubSpot.Contacts.ShouldHaveSingleItem();
        contact.Properties["firstname"].ShouldBe("Ada");
        contact.Properties["lastname"].ShouldBe("Lovelace");
        contact.Properties.GetValueOrDefault("city", "").ShouldBe("");
    }

    public static TheoryData<string, string> Troubles => new()
    {
        { "rate limited", """{"kind":"rateLimited","retryAfter":1,"times":2}""" },
        { "locked", """{"kind":"locked","times":1}""" },
        { "unavailable", """{"kind":"status","status":503,"times":2}""" },
        { "a page of the edge", """{"kind":"html","status":502,"times":1}""" },
        { "a page that claims success", """{"kind":"html","status":200,"times":1}""" },
        { "cut before it was done", """{"kind":"reset","times":1}""" },
        { "cut after it was done", """{"kind":"answerLost","times":1}""" },
        { "cut within the answer", """{"kind":"truncated","times":1}""" },
        { "success that says nothing", """{"kind":"emptySuccess","times":2}""" },
        { "a conflict of the whole batch", """{"kind":"batchConflict","times":1}""" },
        { "a token that is refused", """{"kind":"unauthorized","times":1}""" },
        { "slow beyond the time-out", """{"kind":"latency","milliseconds":7000,"times":1}""" },
    };

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task A_passing_trouble_delays_a_contact_and_no_more(string trouble, string fault)
    {
        await using var installation = await shared.BeginAsync();
        var node = JsonNode.Parse(fault)!.AsObject();
        node["match"] = new JsonObject { ["path"] = Contacts };
        using var http = new HttpClient();
        using var content = new StringContent(node.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        (await http.PostAsync(new Uri(installation.HubSpot.BaseAddress, "emulator/faults"), content)).EnsureSuccessStatusCode();

        var key = trouble.Replace(' ', '-');
        await installation.Bus.PublishAsync("SyncContact", $$$"""{"commandId":"{{{key}}}","email":"{{{key}}}@example.com","properties":{"firstname":"Ada"}}""");
        await installation.Bus.OutcomeAsync("ContactSynced", key, seconds: 60);

        installation.HubSpot.Contacts.ShouldHaveSingleItem().Properties["firstname"].ShouldBe("Ada", trouble);
        installation.HubSpot.Faults.Active.ShouldAllBe(active => active.Hits > 0);
        (await installation.Bus.DepthAsync("hubspot-sync-contact_error")).ShouldBe(0u);
    }

    [Fact]
    public async Task Success_that_never_says_anything_ends_as_no_outcome()
    {
        await using var installation = await shared.BeginAsync();
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.EmptySuccess, Match = new() { Path = Contacts } });

        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"never","email":"never@example.com"}""");

        ((string?)(await installation.Bus.OutcomeAsync("CommandRejected", "never"))["category"]).ShouldBe("NO_OUTCOME");
        await installation.Bus.DeadLetterAsync("hubspot-sync-contact");
        installation.HubSpot.Calls.Count(call => call.Path.Contains("upsert", StringComparison.Ordinal)).ShouldBe(3);
    }

    [Fact]
    public async Task An_enrolment_whose_answer_is_lost_is_looked_up_and_not_sent_again()
    {
        await using var installation = await shared.BeginAsync();
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.AnswerLost, Match = new() { Method = "POST", Path = "/automation/v2/*" } });

        // 1001 keeps its contacts; 1002 has let them go by the time anybody asks.
        await installation.Bus.PublishAsync(
            "EnrollInWorkflow", """{"commandId":"stays","email":"ada@example.com","workflow":"1001","properties":{"firstname":"Ada"}}""");
        await installation.Bus.OutcomeAsync("ContactEnrolledInWorkflow", "stays");
        await installation.Bus.PublishAsync("EnrollInWorkflow", """{"commandId":"ends","email":"ada@example.com","workflow":"flow:585051947"}""");
        ((string?)(await installation.Bus.OutcomeAsync("CommandRejected", "ends"))["category"]).ShouldBe("OUTCOME_UNKNOWN");
        await installation.Bus.DeadLetterAsync("hubspot-enroll-in-workflow");

        installation.HubSpot.Enrollments.Select(enrollment => enrollment.WorkflowId).ShouldBe([1001, 1002]);
    }

    [Fact]
    public async Task The_queues_have_the_arguments_that_later_versions_will_ask_for()
    {
        await using var installation = await shared.BeginAsync();
        await installation.Bus.SendAsync("hubspot-sync-contact", "not json"u8.ToArray());
        await installation.Bus.DeadLetterAsync("hubspot-sync-contact");
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        if (installation.Bus.BrokerMajorVersion() >= 4)
            arguments["x-delivery-limit"] = -1;

        foreach (var queue in (string[])[.. AmqpClient.Queues, "hubspot-sync-contact_error"])
        {
            (await installation.Bus.HasArgumentsAsync(queue, arguments)).ShouldBeTrue(queue);
            (await installation.Bus.HasArgumentsAsync(queue, [])).ShouldBeFalse(queue);
        }
    }

    private static async Task<T> UntilAsync<T>(Func<T> read, Func<T, bool> isIt)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var value = read();
            if (isIt(value))
                return value;
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
                throw new TimeoutException($"Still {JsonSerializer.Serialize(value)}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
