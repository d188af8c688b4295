using System.Text;
using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>A wrong command ends visibly, with its reason, and never in the way of the next one.</summary>
public sealed class DeadLetterTests(Servers servers)
{
    [Fact]
    public async Task What_cannot_be_delivered_ends_in_the_dead_letters_with_its_reason_and_blocks_nothing()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["Delivery__MaximumWait"] = "00:00:01");
        var bus = installation.Bus;

        // Not readable at all: nobody can be told but the operator.
        foreach (var unreadable in (byte[][])[
            "{ \"email\": "u8.ToArray(),
            "not json"u8.ToArray(),
            "[]"u8.ToArray(),
            "\"text\""u8.ToArray(),
            "{ \"email\": 5 }"u8.ToArray(),
            "{ \"email\": \"ada@example.com\", \"properties\": { \"x\": {} } }"u8.ToArray(),
            [0xff, 0xfe, 0x00],
            []])
        {
            await bus.SendAsync("HubSpotMessaging.Contracts:SyncContact", unreadable);
            var letter = await bus.DeadLetterAsync("hubspot-sync-contact");
            letter.Body.ShouldBe(Encoding.UTF8.GetString(unreadable));
            letter.Headers["MT-Reason"].ShouldBe("fault");
            letter.Headers["MT-Fault-Message"].ShouldNotBeNullOrWhiteSpace();
        }

        // Of another kind than the queue is for.
        await bus.SendAsync(
            "hubspot-sync-contact",
            Encoding.UTF8.GetBytes("""{ "messageType": ["urn:message:Some.Where:Else"], "message": { "email": "ada@example.com" } }"""),
            contentType: "application/vnd.masstransit+json");
        (await bus.DeadLetterAsync("hubspot-sync-contact")).Headers["MT-Fault-Message"]!.ShouldContain("does not take");

        // Readable but wrong.
        await ShouldBeRejectedAsync("SyncContact", "hubspot-sync-contact", """{ "commandId": "r-1" }""", "INVALID_COMMAND", "email", "REQUIRED");
        await ShouldBeRejectedAsync("SyncContact", "hubspot-sync-contact", """{ "commandId": "r-2", "email": null }""", "INVALID_COMMAND", "email", "REQUIRED");
        await ShouldBeRejectedAsync("SyncContact", "hubspot-sync-contact", """{ "commandId": "r-3", "email": "nobody" }""", "INVALID_COMMAND", "email", "INVALID");
        await ShouldBeRejectedAsync("EnrollInWorkflow", "hubspot-enroll-in-workflow", """{ "commandId": "r-4", "email": "ada@example.com" }""", "INVALID_COMMAND", "workflow", "REQUIRED");
        await ShouldBeRejectedAsync(
            "SyncContact", "hubspot-sync-contact", """{ "commandId": "r-5", "email": "ada@example.com", "occurredAt": "2126-01-01T00:00:00Z" }""", "INVALID_COMMAND", "occurredAt", "IN_THE_FUTURE");
        await ShouldBeRejectedAsync(
            "SyncContact", "hubspot-sync-contact", """{ "commandId": "r-6", "email": "ada@example.com", "expiresAt": "2020-01-01T00:00:00Z" }""", "EXPIRED");
        await ShouldBeRejectedAsync(
            "PostTimelineEvent",
            "hubspot-post-timeline-event",
            """{ "commandId": "r-6-t", "eventType": "1001298", "email": "ada@example.com", "tokens": {}, "expiresAt": "2020-01-01T00:00:00Z" }""",
            "EXPIRED");
        await ShouldBeRejectedAsync("EnrollInWorkflow", "hubspot-enroll-in-workflow", """{ "email": "ada@example.com", "workflow": "1001" }""", "NO_IDEMPOTENCY_KEY");
        await ShouldBeRejectedAsync(
            "EnrollInWorkflow", "hubspot-enroll-in-workflow", """{ "commandId": "r-7", "email": "ada@example.com", "workflow": "nameless" }""", "UNKNOWN_WORKFLOW");
        await ShouldBeRejectedAsync(
            "EnrollInWorkflow", "hubspot-enroll-in-workflow", """{ "commandId": "r-8", "email": "nobody-there@example.com", "workflow": "1001" }""", "CONTACT_NOT_FOUND");

        // So large that its reason would not fit into the headers.
        await bus.PublishAsync("SyncContact", $$"""{ "commandId": "{{new string('k', 200_000)}}", "email": "ada@example.com" }""");
        (await bus.EventAsync("CommandRejected", message => ((string?)message["commandId"])?.StartsWith("kkk", StringComparison.Ordinal) == true))
            ["commandId"]!.GetValue<string>().Length.ShouldBe(200);
        (await bus.DeadLetterAsync("hubspot-sync-contact")).Headers["hubspot-category"].ShouldBe("INVALID_COMMAND");
        await bus.SendAsync(
            "hubspot-sync-contact", Encoding.UTF8.GetBytes($$"""{ "email": "ada@example.com", "properties": { "{{new string('p', 200_000)}}": {} } }"""));
        (await bus.DeadLetterAsync("hubspot-sync-contact")).Headers["MT-Fault-Message"]!.Length.ShouldBeLessThan(5_000);

        // Refused by HubSpot.
        var rejected = await ShouldBeRejectedAsync(
            "SyncContact",
            "hubspot-sync-contact",
            """{ "commandId": "r-9", "email": "ada@example.com", "properties": { "favorite_food": "burger" } }""",
            "VALIDATION_ERROR",
            "favorite_food",
            "PROPERTY_DOESNT_EXIST");
        ((string?)rejected["message"])!.ShouldContain("favorite_food");
        ((string?)rejected["correlationId"]).ShouldNotBeNullOrEmpty();
        await ShouldBeRejectedAsync(
            "PostTimelineEvent",
            "hubspot-post-timeline-event",
            """{ "commandId": "r-10", "eventType": "999", "email": "ada@example.com", "tokens": {} }""");

        const string Good = """{ "commandId": "good", "occurredAt": "2026-01-01T00:00:00Z", "email": "ada@example.com" """;
        await bus.PublishAsync("SyncContact", $"{Good}}}");
        await bus.OutcomeAsync("ContactSynced", "good");

        // Done, and there once more when it is too late.
        await bus.PublishAsync("SyncContact", $$"""{{Good}}, "expiresAt": "2026-01-02T00:00:00Z" }""");
        await Eventually.BecomesTrueAsync(() => Task.FromResult(OutcomesOfGood().Count() == 2), "the repetition has its outcome");
        OutcomesOfGood().ShouldAllBe(name => name == "ContactSynced");

        installation.HubSpot.Contacts.ShouldHaveSingleItem();
        installation.HubSpot.Enrollments.ShouldBeEmpty();
        foreach (var queue in AmqpClient.Queues)
        {
            (await bus.DepthAsync(queue)).ShouldBe(0u);
            (await bus.DepthAsync($"{queue}_error")).ShouldBe(0u);
            (await bus.DepthAsync($"{queue}_skipped")).ShouldBe(0u);
        }

        IEnumerable<string> OutcomesOfGood() => bus.Seen.Where(seen => (string?)seen.Message["commandId"] == "good").Select(seen => seen.Event);

        async Task<JsonObject> ShouldBeRejectedAsync(
            string command, string queue, string json, string? category = null, string? property = null, string? code = null)
        {
            var key = (string?)JsonNode.Parse(json)!["commandId"];
            await bus.PublishAsync(command, json);

            var rejection = await bus.EventAsync("CommandRejected", message => (string?)message["commandId"] == key && (string?)message["commandType"] == command);
            if (category is not null)
                ((string?)rejection["category"]).ShouldBe(category);
            if (property is not null)
                rejection["errors"]!.AsArray().ShouldContain(error => (string?)error!["property"] == property && (string?)error["code"] == code);

            var letter = await bus.DeadLetterAsync(queue);
            letter.Body.ShouldBe(json);
            letter.Headers["MT-Fault-Message"].ShouldBe((string?)rejection["message"]);
            letter.Headers["hubspot-category"].ShouldBe((string?)rejection["category"]);
            letter.Headers.GetValueOrDefault("hubspot-idempotency-key").ShouldBe(key);
            letter.Headers.GetValueOrDefault("hubspot-correlation-id").ShouldBe((string?)rejection["correlationId"]);
            return rejection;
        }
    }
}
