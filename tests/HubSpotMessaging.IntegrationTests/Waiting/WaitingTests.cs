using System.Globalization;
using System.Text;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Testing;
using MassTransit;
using RabbitMQ.Client;

namespace HubSpotMessaging.IntegrationTests.Waiting;

/// <summary>What must wait for a reason of its own waits in RabbitMQ, and comes back.</summary>
public sealed class WaitingTests(Servers servers)
{
    private const string Queue = "hubspot-enroll-in-workflow";

    [Fact]
    public async Task An_enrolment_waits_for_its_contact_and_is_then_done_once_whoever_published_it()
    {
        await using var installation = await Installation.StartAsync(servers);
        var bus = installation.Bus;
        var client = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(new Uri(installation.Settings["ConnectionStrings__RabbitMq"]!)));
        await client.StartAsync();

        // Plain JSON of which nobody says when it was sent, an envelope, and a request.
        var plainId = Guid.NewGuid();
        await bus.PublishAsync("EnrollInWorkflow", """{"email":"plain@example.com","workflow":"1001"}""", plainId);
        var envelopeId = NewId.NextGuid();
        await client.Publish(new EnrollInWorkflow { Email = "envelope@example.com", Workflow = "1001" }, context => context.MessageId = envelopeId);
        var asking = client.CreateRequestClient<EnrollInWorkflow>().GetResponse<ContactEnrolledInWorkflow, CommandRejected>(
            new EnrollInWorkflow { CommandId = "asked", Email = "asked@example.com", Workflow = "1001" });
        foreach (var key in (string[])[plainId.ToString(), envelopeId.ToString(), "asked"])
            await WaitsAsync(installation, key);
        var before = TimeProvider.System.GetUtcNow();
        foreach (var email in (string[])["plain", "envelope", "asked"])
            await bus.PublishAsync("SyncContact", $$"""{"email":"{{email}}@example.com"}""");

        var plain = await bus.OutcomeAsync("ContactEnrolledInWorkflow", plainId.ToString());
        ((Guid?)plain["messageId"]).ShouldBe(plainId);
        DateTimeOffset.Parse((string)plain["occurredAt"]!, CultureInfo.InvariantCulture).ShouldBeLessThan(before); // When it came first.
        var envelope = await bus.OutcomeAsync("ContactEnrolledInWorkflow", envelopeId.ToString());
        ((Guid?)envelope["messageId"]).ShouldBe(envelopeId);
        Response answer = await asking;
        answer.Message.ShouldBeOfType<ContactEnrolledInWorkflow>().CommandId.ShouldBe("asked");
        installation.HubSpot.Enrollments.Count.ShouldBe(3);
        bus.Seen.Count(seen => seen.Event == "ContactEnrolledInWorkflow").ShouldBe(3);

        // What HubSpot refuses is answered with the refusal too, and not with a fault of the bus.
        Response refusal = await client.CreateRequestClient<EnrollInWorkflow>().GetResponse<ContactEnrolledInWorkflow, CommandRejected>(
            new EnrollInWorkflow { CommandId = "off", Email = "asked@example.com", Workflow = "1003" });
        refusal.Message.ShouldBeOfType<CommandRejected>();
        await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync($"{Queue}_error") == 1, "the refused one, and no other, is a dead letter");
        await client.StopAsync();
    }

    [Fact]
    public async Task A_wait_survives_the_service_and_a_pause_of_the_line()
    {
        await using var installation = await Installation.StartAsync(servers);
        var bus = installation.Bus;
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"waits","email":"ada@example.com","workflow":"1001"}""");
        await WaitsAsync(installation, "waits");

        installation.Service.Kill(); // Perhaps between the copy that waits and the acknowledgement: then it is there twice, and done once.
        await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync(Queue) is 1 or 2, "it is back in its queue, where nobody is");
        var pause = new PauseReason("test", "Test");
        var lines = new LineStore(installation.RedisConnection);
        await lines.PauseAsync(pause);
        await installation.StartServiceAsync();
        await Eventually.BecomesTrueAsync(async () => await bus.ConsumersAsync(Queue) == 0 && await bus.DepthAsync(Queue) is 1 or 2, "it stays there while the line is paused");

        await lines.ResumeAsync(pause);
        await bus.PublishAsync("SyncContact", """{"email":"ada@example.com"}""");
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "waits");
        installation.HubSpot.Enrollments.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_does_not_come_in_time_is_refused_for_what_it_waited_for_and_may_wait_again_when_it_is_replayed()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["Delivery__MaximumWait"] = "00:00:02");
        var bus = installation.Bus;
        var server = new Uri(installation.Settings["ConnectionStrings__RabbitMq"]!);
        await using var connection = await new ConnectionFactory { Uri = server }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var messageId = Guid.NewGuid();
        const string Body = """{ "email": "nobody@example.com",  "workflow": "1001" }""";
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            MessageId = messageId.ToString(),
            UserId = server.UserInfo.Split(':')[0],
            Expiration = "600000",
            Headers = new Dictionary<string, object?> { ["tenant"] = "t-1", ["CC"] = new List<object> { "nowhere" } },
        };

        await channel.BasicPublishAsync("HubSpotMessaging.Contracts:EnrollInWorkflow", "", mandatory: true, properties, Encoding.UTF8.GetBytes(Body));
        ((string?)(await bus.OutcomeAsync("CommandRejected", messageId.ToString()))["category"]).ShouldBe("CONTACT_NOT_FOUND");

        var letter = await bus.DeadLetterAsync(Queue);
        letter.Body.ShouldBe(Body);
        letter.Headers["tenant"].ShouldBe("t-1");
        letter.Headers["hubspot-category"].ShouldBe("CONTACT_NOT_FOUND");
        letter.Headers["hubspot-idempotency-key"].ShouldBe(messageId.ToString());
        letter.Headers.ShouldContainKey("hubspot-received-at");
        letter.Headers.ShouldNotContainKey("hubspot-occurred-at");
        int.Parse(letter.Headers["hubspot-waits"]!, CultureInfo.InvariantCulture).ShouldBeInRange(1, 3);

        // An operator sends it again, as it stands there and at a time of its own: it is the same command, and waits anew.
        var replay = new BasicProperties
        {
            ContentType = "application/json",
            Timestamp = new AmqpTimestamp(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()),
            Headers = letter.Headers.ToDictionary(header => header.Key, header => (object?)header.Value),
        };
        await channel.BasicPublishAsync("", Queue, mandatory: true, replay, Encoding.UTF8.GetBytes(Body));
        var again = await bus.DeadLetterAsync(Queue);
        again.Headers["hubspot-received-at"].ShouldBe(letter.Headers["hubspot-received-at"]);
        again.Headers["hubspot-idempotency-key"].ShouldBe(messageId.ToString());
        again.Headers.ShouldNotContainKey("hubspot-occurred-at");
        installation.Service.Output.Split('\n').Count(line => line.Contains("waits for 00:00:01", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(2);
        bus.Seen.Where(seen => seen.Event == "CommandRejected" && (string?)seen.Message["commandId"] == messageId.ToString()).Select(seen => seen.MessageId).Distinct().ShouldHaveSingleItem();

        // Whoever asks, in an envelope, is told at the end.
        var client = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(server));
        await client.StartAsync();
        Response answer = await client.CreateRequestClient<EnrollInWorkflow>().GetResponse<ContactEnrolledInWorkflow, CommandRejected>(
            new EnrollInWorkflow { CommandId = "asked", Email = "nobody@example.com", Workflow = "1001" });
        answer.Message.ShouldBeOfType<CommandRejected>().Category.ShouldBe(RejectionCategories.ContactNotFound);
        await client.StopAsync();

        // What expires while it waits is not done any more.
        var soon = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(1);
        await bus.PublishAsync("EnrollInWorkflow", $$"""{"commandId":"offer","email":"late@example.com","workflow":"1001","expiresAt":"{{soon:O}}"}""");
        ((string?)(await bus.OutcomeAsync("CommandRejected", "offer"))["category"]).ShouldBe("EXPIRED");
        installation.HubSpot.Enrollments.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wait_queue_that_somebody_deletes_is_made_anew_and_the_command_waits_all_the_same()
    {
        await using var installation = await Installation.StartAsync(servers);
        var bus = installation.Bus;
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"first","email":"ada@example.com","workflow":"1001"}""");
        await WaitsAsync(installation, "first");
        await using (var connection = await new ConnectionFactory { Uri = new(installation.Settings["ConnectionStrings__RabbitMq"]!) }.CreateConnectionAsync())
        await using (var channel = await connection.CreateChannelAsync())
            await channel.QueueDeleteAsync("hubspot-wait-1s");

        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"second","email":"ada@example.com","workflow":"1001"}""");
        await WaitsAsync(installation, "second");
        await bus.PublishAsync("SyncContact", """{"email":"ada@example.com"}""");
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "second");

        foreach (var queue in AmqpClient.WaitQueues)
            (await bus.HasArgumentsAsync(queue, [])).ShouldBeFalse(queue);
    }

    /// <summary>Until the service says that a command waits; by the hash of its key, which only the service knows.</summary>
    private static Task WaitsAsync(Installation installation, string key) => Eventually.BecomesTrueAsync(
        () => installation.Service.Output.Split('\n').Any(line =>
            line.Contains("CONTACT_NOT_FOUND", StringComparison.Ordinal) && line.Contains(key, StringComparison.Ordinal)),
        $"{key} waits");
}
