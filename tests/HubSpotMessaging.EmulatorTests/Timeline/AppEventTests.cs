using System.Net;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.EmulatorTests.Timeline;

public sealed class AppEventTests : EmulatorTest
{
    private const string Immutable = """
        {"status":"error","category":"CONFLICT","correlationId":"…",
         "message":"An occurrence for this event type and occurrence ID already exists. Occurrences are immutable."}
        """;

    [Theory]
    [InlineData("v4")]
    [InlineData("2026-03")]
    [InlineData("2026-09")]
    public async Task An_occurrence_is_accepted_once(string version)
    {
        const string Type = "ae000000_integrators-timeline-event-type-id-0000000";
        Emulator.Put(new AppEventType { Name = Type, Properties = ["customerName", "loginLocation"] });
        var contact = AddContact("mark@example.com");
        var occurrence = $$"""
            { "eventTypeName": "{{Type}}", "objectId": "{{contact.Id}}", "id": "login-1",
              "properties": { "customerName": "Mark S.", "loginLocation": "mobileApp" } }
            """;

        (await PostAsync($"/integrators/timeline/{version}/events", occurrence)).ShouldBe(HttpStatusCode.Created, $$"""
            { "eventTypeName": "{{Type}}", "objectId": "{{contact.Id}}", "id": "login-1", "objectType": "CONTACT",
              "properties": { "customerName": "Mark S.", "loginLocation": "mobileApp" },
              "timestamp": "2026-09-10T12:00:00.000Z", "createdAt": "2026-09-10T12:00:00.000Z" }
            """);
        (await PostAsync($"/integrators/timeline/{version}/events", occurrence)).ShouldBe(HttpStatusCode.Conflict, Immutable);
        Emulator.TimelineEvents.ShouldHaveSingleItem().EventTypeName.ShouldBe(Type);
    }

    [Theory]
    [InlineData("""{"eventTypeName":"ae1_unknown","id":"x","email":"a@example.com","properties":{}}""", "Event type ae1_unknown does not exist")]
    [InlineData(
        """{"eventTypeName":"ae1234567_order_shipped","id":"x","email":"a@example.com","properties":{"shoeSize":"44"}}""",
        "Property shoeSize does not exist")]
    [InlineData(
        """{"eventTypeName":"ae1234567_order_shipped","email":"a@example.com","properties":{}}""", "Some required fields were not set: [id]")]
    [InlineData(
        """{"eventTypeName":"ae1234567_order_shipped","id":"x","email":"a@example.com"}""", "Some required fields were not set: [properties]")]
    public async Task An_occurrence_that_cannot_be_is_refused(string json, string message) =>
        (await PostAsync("/integrators/timeline/2026-03/events", json)).ShouldBe(
            HttpStatusCode.BadRequest, $$"""{"status":"error","message":"{{message}}","correlationId":"…","category":"VALIDATION_ERROR"}""");

    [Fact]
    public async Task A_batch_is_accepted_as_a_whole()
    {
        (await PostBatchAsync(Occurrence("1"), Occurrence("2"))).ShouldBe(HttpStatusCode.OK, """
            {"status":"COMPLETE","results":["…","…"],"errors":[],"numErrors":0,"startedAt":"…","completedAt":"…"}
            """);
        Emulator.TimelineEvents.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_batch_with_an_id_seen_before_or_a_bad_occurrence_is_refused_as_a_whole()
    {
        await PostBatchAsync(Occurrence("1"));

        (await PostBatchAsync(Occurrence("2", "new@example.com"), Occurrence("1"))).ShouldBe(HttpStatusCode.Conflict, Immutable);
        (await PostBatchAsync(Occurrence("3"), Occurrence("3"))).ShouldBe(HttpStatusCode.Conflict, Immutable);
        (await PostBatchAsync(Occurrence("4", "new@example.com"), Occurrence("5", "bad-address"))).ShouldBe(HttpStatusCode.BadRequest);

        Emulator.TimelineEvents.ShouldHaveSingleItem();
        Emulator.Contacts.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Five_hundred_occurrences_are_the_most()
    {
        var occurrences = Enumerable.Range(0, 501).Select(index => Occurrence($"{index}")).ToArray();

        (await PostBatchAsync(occurrences)).ShouldBe(HttpStatusCode.BadRequest);
        (await PostBatchAsync(occurrences[1..])).ShouldBe(HttpStatusCode.OK);
    }

    private Task<Answer> PostBatchAsync(params string[] occurrences) =>
        PostAsync("/integrators/timeline/2026-09/events/batch", $$"""{"inputs":[{{string.Join(',', occurrences)}}]}""");

    private static string Occurrence(string id, string email = "a@example.com") =>
        $$$"""{"eventTypeName":"ae1234567_order_shipped","id":"{{{id}}}","email":"{{{email}}}","properties":{"orderNumber":"{{{id}}}"}}""";
}
