using System.Net;

namespace HubSpotMessaging.EmulatorTests.Timeline;

public sealed class TimelineEventTests : EmulatorTest
{
    private const string Events = "/integrators/timeline/v3/events";

    [Theory]
    [InlineData("/integrators/timeline/v3/events")]
    [InlineData("/crm/v3/timeline/events")]
    public async Task An_event_creates_the_contact_it_is_about(string path)
    {
        var answer = await PostAsync(path, """
            { "eventTemplateId": "1001298", "id": "order-8842-shipped", "email": "Art@example.com",
              "tokens": { "orderNumber": "8842" }, "timestamp": "2026-09-10T12:00:00Z",
              "extraData": { "lines": [ { "sku": "A1" } ] },
              "timelineIFrame": { "linkLabel": "View", "headerLabel": "Order", "url": "https://example.com", "width": 600, "height": 400 } }
            """);

        answer.ShouldBe(HttpStatusCode.Created, """
            { "eventTemplateId": "1001298", "id": "order-8842-shipped", "email": "Art@example.com", "objectId": "171591000001",
              "tokens": { "orderNumber": "8842" }, "timestamp": "2026-09-10T12:00:00.000Z", "createdAt": "…", "objectType": "CONTACT",
              "extraData": { "lines": [ { "sku": "A1" } ] },
              "timelineIFrame": { "linkLabel": "View", "headerLabel": "Order", "url": "https://example.com", "width": 600, "height": 400 } }
            """);
        Emulator.Contacts.ShouldHaveSingleItem().Properties["email"].ShouldBe("art@example.com");
        (await GetAsync($"{path}/1001298/order-8842-shipped")).ShouldBe(HttpStatusCode.OK);
        (await GetAsync($"{path}/1001298/another")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Of_two_events_with_one_id_on_different_contacts_the_last_wins()
    {
        await PostAsync(Events, Event("one", "8842"));
        (await PostAsync(Events, Event("one", "8843", "b@example.com"))).ShouldBe(HttpStatusCode.Created);

        var last = Emulator.TimelineEvents.ShouldHaveSingleItem();
        (last.Email, last.Tokens["orderNumber"]).ShouldBe(("b@example.com", "8843"));
    }

    [Fact]
    public async Task Of_two_events_with_one_id_on_one_contact_the_last_wins_too()
    {
        await PostAsync(Events, Event("one", "8842"));
        (await PostAsync(Events, Event("one", "8843"))).ShouldBe(HttpStatusCode.Created);

        Emulator.TimelineEvents.ShouldHaveSingleItem().Tokens["orderNumber"].ShouldBe("8843");
    }

    [Fact]
    public async Task A_repeated_id_is_refused_when_the_settings_say_so()
    {
        Settings.RejectRepeatedTimelineIds = true;
        await PostAsync(Events, Event("one", "8842"));

        (await PostAsync(Events, Event("one", "8843"))).ShouldBe(HttpStatusCode.BadRequest);
        Emulator.TimelineEvents.ShouldHaveSingleItem().Tokens["orderNumber"].ShouldBe("8842");
    }

    [Fact]
    public async Task The_id_is_optional_and_may_ask_for_a_uuid()
    {
        var without = await PostAsync(Events, """{"eventTemplateId":"1001298","email":"a@example.com","tokens":{}}""");
        var asking = await PostAsync(Events, Event("order-{{uuid}}", "1"));

        Guid.TryParse(without.Json["id"]!.GetValue<string>(), out _).ShouldBeTrue();
        Guid.TryParse(asking.Json["id"]!.GetValue<string>()["order-".Length..], out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"eventTemplateId":"1","id":"x","email":"a@example.com","tokens":{}}""")]
    [InlineData("""{"eventTemplateId":"1001298","id":"x","email":"a@example.com","tokens":{"shoeSize":"44"}}""")]
    [InlineData("""{"eventTemplateId":"1001298","id":"x","email":"a@example.com"}""")]
    [InlineData("""{"eventTemplateId":"1001298","id":"x","tokens":{}}""")]
    [InlineData("""{"eventTemplateId":"1001298","id":"x","email":"bad-address","tokens":{}}""")]
    [InlineData("""{"eventTemplateId":"1001298","id":"x","objectId":"4711","tokens":{}}""")]
    [InlineData("""{"eventTemplateId":"1001298","id":"x","email":"a@example.com","tokens":{},"timestamp":"soon"}""", null)]
    [InlineData("""{"eventTemplateId":"1001298","id":"x","email":"a@example.com","tokens":{},"timestamp":9223372036854775807}""", null)]
    [InlineData("""{"eventTemplateId":"1001298","id":"x","email":"a@example.com","tokens":{},"timestamp":1e300}""", null)]
    public async Task An_event_that_cannot_be_is_refused_and_creates_nobody(string json, string? category = "VALIDATION_ERROR")
    {
        var answer = await PostAsync(Events, json);

        answer.ShouldBe(HttpStatusCode.BadRequest);
        (answer.Json["category"]?.GetValue<string>()).ShouldBe(category);
        Emulator.TimelineEvents.ShouldBeEmpty();
        Emulator.Contacts.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(500, 1, HttpStatusCode.Created)]
    [InlineData(501, 1, HttpStatusCode.BadRequest)]
    [InlineData(1, 510 * 1024, HttpStatusCode.Created)]
    [InlineData(1, (510 * 1024) + 1, HttpStatusCode.BadRequest)]
    public async Task Sizes_are_limited(int idBytes, int tokenBytes, HttpStatusCode status) =>
        (await PostAsync(Events, Event(new string('i', idBytes), new string('t', tokenBytes)))).ShouldBe(status);

    [Fact]
    public async Task An_event_is_at_most_a_megabyte()
    {
        var half = new string('t', 500 * 1024);
        var large = $$$"""{"eventTemplateId":"1001298","id":"x","email":"a@example.com","tokens":{"orderNumber":"{{{half}}}","carrier":"{{{half}}}","total":"{{{half}}}"}}""";

        (await PostAsync(Events, large)).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task An_address_beside_a_record_id_becomes_the_contacts_own()
    {
        var contact = AddContact("old@example.com");

        await PostAsync(Events, $$$"""{"eventTemplateId":"1001298","id":"x","objectId":"{{{contact.Id}}}","email":"new@example.com","tokens":{}}""");

        Emulator.Contacts.ShouldHaveSingleItem().Properties["email"].ShouldBe("new@example.com");
    }

    [Fact]
    public async Task A_visitor_may_be_named_by_cookie()
    {
        (await PostAsync(Events, """{"eventTemplateId":"1001298","id":"x","utk":"abc","tokens":{}}""")).ShouldBe(HttpStatusCode.Created);
        Emulator.TimelineEvents.ShouldHaveSingleItem().Utk.ShouldBe("abc");
    }

    [Fact]
    public async Task A_batch_answers_201_or_tells_in_a_207_what_failed()
    {
        var good = await PostAsync($"{Events}/batch/create", $$"""{"inputs":[{{Event("one", "1")}},{{Event("two", "2")}}]}""");
        good.ShouldBe(HttpStatusCode.Created);
        good.Json["errors"].ShouldBeNull();

        var mixed = await PostAsync(
            $"{Events}/batch/create", $$$"""{"inputs":[{{{Event("three", "3")}}},{"eventTemplateId":"1","id":"four","email":"a@example.com","tokens":{}}]}""");
        mixed.ShouldBe(HttpStatusCode.MultiStatus);
        mixed.Json["numErrors"]!.GetValue<int>().ShouldBe(1);
        Emulator.TimelineEvents.Select(entry => entry.Id).ShouldBe(["one", "two", "three"]);
    }

    private static string Event(string id, string orderNumber, string email = "a@example.com") =>
        $$$"""{"eventTemplateId":"1001298","id":"{{{id}}}","email":"{{{email}}}","tokens":{"orderNumber":"{{{orderNumber}}}"}}""";
}
