using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>The whole road, with the built service as a process and everything else as its users have it.</summary>
public sealed class EndToEndTests(Servers servers)
{
    [Fact]
    public async Task All_three_commands_reach_HubSpot_and_their_outcomes_come_back()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        var bus = installation.Bus;

        var required = await bus.EventAsync("AuthorizationRequired");
        ((string?)required["reason"]).ShouldBe("NotYetAuthorized");
        ((string?)required["reconnectUrl"]).ShouldBe(new Uri(installation.Address, "oauth/start").AbsoluteUri);

        using (var connected = await installation.ConnectAsync())
            connected.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK, await connected.Content.ReadAsStringAsync());
        var granted = await bus.EventAsync("AuthorizationGranted");
        ((long?)granted["portalId"]).ShouldBe(Installation.Portal);
        await bus.EventAsync("DeliveryResumed");

        // The four keys, with a client that knows nothing of us.
        ((string?)await installation.Redis.StringGetAsync("hs_access_token")).ShouldNotBeNullOrEmpty();
        ((string?)await installation.Redis.StringGetAsync("hs_refresh_token")).ShouldNotBeNullOrEmpty();
        ((string?)await installation.Redis.StringGetAsync("hs_access_token_expiry")).ShouldBe("1800");
        var generated = DateTimeOffset.FromUnixTimeSeconds((long)await installation.Redis.StringGetAsync("hs_access_token_generation_time"));
        (TimeProvider.System.GetUtcNow() - generated).ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromMinutes(1));

        var messageId = Guid.NewGuid();
        await bus.PublishAsync(
            "SyncContact",
            """
            {
              "commandId": "sync-1",
              "occurredAt": "2026-09-10T12:00:00+02:00",
              "email": "  Zoë.Ångström+News@Example.COM ",
              "properties": {
                "firstname": "Zoë 🚀", "lastname": "Ångström", "annualrevenue": 1234567.5, "numemployees": 42,
                "hs_email_optout": true, "phone": null, "city": "", "company": "„Müller & Söhne“ <GmbH>"
              }
            }
            """,
            messageId);
        var synced = await bus.OutcomeAsync("ContactSynced", "sync-1");
        var contact = installation.HubSpot.Contacts.ShouldHaveSingleItem();
        ShouldBeJson(synced, $$"""
            {
              "commandId": "sync-1", "messageId": "{{messageId}}", "portalId": 1234567, "occurredAt": "2026-09-10T10:00:00+00:00",
              "email": "zoë.ångström+news@example.com", "contactId": "{{contact.Id}}", "result": "Created", "skippedProperties": []
            }
            """);
        contact.PortalId.ShouldBe(Installation.Portal);
        contact.Properties["email"].ShouldBe("zoë.ångström+news@example.com");
        contact.Properties["firstname"].ShouldBe("Zoë 🚀");
        contact.Properties["lastname"].ShouldBe("Ångström");
        contact.Properties["annualrevenue"].ShouldBe("1234567.5");
        contact.Properties["numemployees"].ShouldBe("42");
        contact.Properties["hs_email_optout"].ShouldBe("true");
        contact.Properties["company"].ShouldBe("„Müller & Söhne“ <GmbH>");
        contact.Properties.GetValueOrDefault("phone", "").ShouldBe("");

        await bus.PublishAsync("EnrollInWorkflow", """{ "commandId": "enroll-1", "email": "ZOË.ångström+news@example.com", "workflow": "welcome" }""");
        var enrolled = await bus.OutcomeAsync("ContactEnrolledInWorkflow", "enroll-1");
        ((string?)enrolled["email"]).ShouldBe("zoë.ångström+news@example.com");
        ((string?)enrolled["contactId"]).ShouldBe(contact.Id);
        ((string?)enrolled["workflow"]).ShouldBe("welcome");
        ((string?)enrolled["workflowId"]).ShouldBe("1001");
        var enrollment = installation.HubSpot.Enrollments.ShouldHaveSingleItem();
        enrollment.WorkflowId.ShouldBe(1001);
        enrollment.ContactId.ShouldBe(contact.Id);

        await bus.PublishAsync(
            "PostTimelineEvent",
            """
            {
              "commandId": "order-8842-shipped", "occurredAt": "2026-09-10T12:00:00Z", "eventType": "1001298",
              "email": "zoë.ångström+news@example.com", "tokens": { "orderNumber": 8842 },
              "extraData": { "lines": [ { "sku": "A1", "note": "größe ✓" } ] },
              "timelineIFrame": { "linkLabel": "View", "headerLabel": "Order", "url": "https://shop.example/orders/8842", "width": 600, "height": 400 }
            }
            """);
        var posted = await bus.OutcomeAsync("TimelineEventPosted", "order-8842-shipped");
        ((string?)posted["eventType"]).ShouldBe("1001298");
        ((string?)posted["eventId"]).ShouldBe("order-8842-shipped");
        var timelineEvent = installation.HubSpot.TimelineEvents.ShouldHaveSingleItem();
        timelineEvent.EventTemplateId.ShouldBe("1001298");
        timelineEvent.Id.ShouldBe("order-8842-shipped");
        timelineEvent.Email.ShouldBe("zoë.ångström+news@example.com");
        timelineEvent.Tokens.ShouldBe(new Dictionary<string, string> { ["orderNumber"] = "8842" }, ignoreOrder: true);
        timelineEvent.Timestamp.ShouldBe(DateTimeOffset.Parse("2026-09-10T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture));
        ShouldBeJson(JsonNode.Parse(timelineEvent.ExtraData!.Value.GetRawText())!, """{ "lines": [ { "sku": "A1", "note": "größe ✓" } ] }""");
        ShouldBeJson(
            JsonNode.Parse(timelineEvent.TimelineIFrame!.Value.GetRawText())!,
            """{ "linkLabel": "View", "headerLabel": "Order", "url": "https://shop.example/orders/8842", "width": 600, "height": 400 }""");

        // And nothing more than that.
        bus.Seen.Select(seen => seen.Event).ShouldBe(
        [
            "AuthorizationRequired", "DeliveryPaused", "AuthorizationGranted", "DeliveryResumed",
            "ContactSynced", "ContactEnrolledInWorkflow", "TimelineEventPosted",
        ]);
        installation.HubSpot.Contacts.Count.ShouldBe(1);
        foreach (var queue in AmqpClient.Queues)
        {
            (await bus.DepthAsync(queue)).ShouldBe(0u);
            (await bus.DepthAsync($"{queue}_error")).ShouldBe(0u);
        }

        (await installation.Service.StopAsync()).ShouldBe(0);
    }

    private static void ShouldBeJson(JsonNode actual, string expected) =>
        JsonNode.DeepEquals(actual, JsonNode.Parse(expected)).ShouldBeTrue(
            $"expected {expected}\nbut was {actual.ToJsonString(new JsonSerializerOptions { WriteIndented = true })}");
}
