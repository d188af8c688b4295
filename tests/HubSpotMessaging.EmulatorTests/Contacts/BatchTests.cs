using System.Net;
using System.Text.Json.Nodes;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.EmulatorTests.Contacts;

public sealed class BatchTests : EmulatorTest
{
    [Theory]
    [InlineData("/crm/v3/objects/contacts")]
    [InlineData("/crm/objects/2026-03/contacts")]
    [InlineData("/crm/objects/2026-09/0-1")]
    public async Task A_batch_in_which_all_goes_well_answers_200(string path)
    {
        var answer = await PostAsync($"{path}/batch/upsert", """
            { "inputs": [
              { "id": "luke@lukesdiner.com", "idProperty": "email", "objectWriteTraceId": "row-0001",
                "properties": { "email": "luke@lukesdiner.com", "phone": "5555555555" } } ] }
            """);

        answer.ShouldBe(HttpStatusCode.OK, """
            { "status": "COMPLETE", "startedAt": "…", "completedAt": "…",
              "results": [ { "id": "171591000001", "new": true, "archived": false, "createdAt": "…", "updatedAt": "…",
                             "objectWriteTraceId": "row-0001", "url": "…",
                             "properties": { "email": "luke@lukesdiner.com", "phone": "5555555555", "hs_object_id": "171591000001",
                               "createdate": "…", "lastmodifieddate": "…" } } ] }
            """);
    }

    [Fact]
    public async Task With_trace_ids_a_bad_record_fails_alone()
    {
        var answer = await UpsertAsync(Input("luke@lukesdiner.com", "row-0001"), Input("bad-address", "row-0002"));

        answer.ShouldBe(HttpStatusCode.MultiStatus);
        answer.Json["numErrors"]!.GetValue<int>().ShouldBe(1);
        answer.Json["results"]!.AsArray().ShouldHaveSingleItem()!["objectWriteTraceId"]!.GetValue<string>().ShouldBe("row-0001");
        answer.Json["errors"].ShouldMatch("""
            [ { "status": "error", "category": "VALIDATION_ERROR",
                "message": "Property values were not valid: [{\"isValid\":false,\"message\":\"Email address bad-address is invalid\",\"error\":\"INVALID_EMAIL\",\"name\":\"email\",\"localizedErrorMessage\":\"Email address bad-address is invalid\"}]",
                "context": { "objectWriteTraceId": ["row-0002"] } } ]
            """);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("row-1", null)]
    [InlineData("row-1", "row-1")]
    public async Task Without_a_distinct_trace_id_on_every_input_a_bad_record_fails_them_all(string? first, string? second)
    {
        var answer = await UpsertAsync(Input("luke@lukesdiner.com", first), Input("bad-address", second));

        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["category"]!.GetValue<string>().ShouldBe("VALIDATION_ERROR");
        answer.Json["errors"]!.AsArray().ShouldHaveSingleItem();
        Emulator.Contacts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_duplicate_id_refuses_the_whole_batch()
    {
        var answer = await UpsertAsync(Input("a@example.com", "1"), Input(" A@Example.com ", "2"), Input("b@example.com", "3"));

        answer.ShouldBe(HttpStatusCode.BadRequest, """
            {"status":"error","message":"Duplicate IDs found in batch input: [a@example.com]. IDs must be unique",
             "correlationId":"…","context":{"ids":["a@example.com"]},"category":"VALIDATION_ERROR"}
            """);
        Emulator.Contacts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_duplicate_record_id_refuses_the_whole_batch_in_the_recorded_words() =>
        (await PostAsync("/crm/objects/2026-03/contacts/batch/update", """{"inputs":[{"id":"123456","properties":{}},{"id":"123456","properties":{}}]}"""))
            .ShouldBe(HttpStatusCode.BadRequest, """
                {"status":"error","message":"Duplicate IDs found in batch input: [123456]. IDs must be unique",
                 "correlationId":"…","context":{"ids":["123456"]},"category":"VALIDATION_ERROR"}
                """);

    [Theory]
    [InlineData("/crm/v3/objects/contacts/batch/create")]
    [InlineData("/crm/v3/objects/contacts/batch/read")]
    [InlineData("/crm/v3/objects/contacts/batch/update")]
    [InlineData("/crm/v3/objects/contacts/batch/upsert")]
    [InlineData("/crm/v3/objects/contacts/batch/archive")]
    [InlineData("/automation/v4/workflow-id-mappings/batch/read")]
    [InlineData("/integrators/timeline/v3/events/batch/create")]
    [InlineData("/integrators/timeline/2026-09/events/batch")]
    public async Task A_null_among_the_inputs_refuses_the_whole_batch(string path) =>
        (await PostAsync(path, """{"inputs":[null]}""")).ShouldBe(
            HttpStatusCode.BadRequest, """{"status":"error","message":"…","correlationId":"…","category":"VALIDATION_ERROR"}""");

    [Fact]
    public async Task A_hundred_inputs_are_the_most()
    {
        var inputs = Enumerable.Range(0, 101).Select(index => Input($"c{index}@example.com", $"{index}")).ToArray();

        (await UpsertAsync(inputs)).ShouldBe(HttpStatusCode.BadRequest);
        Emulator.Contacts.ShouldBeEmpty();
        (await UpsertAsync(inputs[..100])).ShouldBe(HttpStatusCode.OK);
        Emulator.Contacts.Count.ShouldBe(100);
    }

    [Fact]
    public async Task An_empty_batch_is_refused()
    {
        (await UpsertAsync()).ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync("/crm/objects/2026-03/contacts/batch/upsert", "{}")).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public async Task Results_come_in_another_order_than_inputs_with_addresses_in_lower_case(int count)
    {
        var sent = Enumerable.Range(0, count).Select(index => $"C{index:00}@Example.com").ToList();

        var first = Emails(await UpsertAsync([.. sent.Select(email => Input(email, email))]));
        var second = Emails(await UpsertAsync([.. sent.Select(email => Input(email, email))]));

        first.ShouldNotBe(sent.ConvertAll(email => email.ToLowerInvariant()));
        first.ShouldBe(sent.ConvertAll(email => email.ToLowerInvariant()), ignoreOrder: true);
        second.ShouldBe(first);
    }

    [Fact]
    public async Task What_was_there_is_not_new()
    {
        AddContact("a@example.com");

        var answer = await UpsertAsync(Input("a@example.com", "1"), Input("b@example.com", "2"));

        var isNew = answer.Json["results"]!.AsArray().ToDictionary(
            result => result!["objectWriteTraceId"]!.GetValue<string>(), result => result!["new"]!.GetValue<bool>());
        isNew.ShouldBe(new Dictionary<string, bool> { ["1"] = false, ["2"] = true }, ignoreOrder: true);
    }

    [Fact]
    public async Task An_id_alone_is_enough_to_create_and_what_is_not_sent_is_kept()
    {
        await UpsertAsync("""{"id":"a@example.com","idProperty":"email","properties":{"city":"Dublin"}}""");
        await UpsertAsync("""{"id":"a@example.com","idProperty":"email","properties":{"phone":"1"}}""");

        var contact = Emulator.Contacts.ShouldHaveSingleItem();
        contact.Properties["email"].ShouldBe("a@example.com");
        contact.Properties["city"].ShouldBe("Dublin");
        contact.Properties["phone"].ShouldBe("1");
    }

    [Fact]
    public async Task A_secondary_address_answers_with_the_primary_one()
    {
        var known = AddContact("jane@example.com", secondary: "old@example.com");

        var answer = await UpsertAsync(Input("old@example.com", "1"));

        var result = answer.Json["results"]!.AsArray().ShouldHaveSingleItem()!;
        result["id"]!.GetValue<string>().ShouldBe(known.Id);
        result["properties"]!["email"]!.GetValue<string>().ShouldBe("jane@example.com");
        result["new"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Fact]
    public async Task An_address_that_belongs_to_somebody_else_is_a_conflict_with_the_existing_id()
    {
        var owner = AddContact("a@example.com");
        AddContact("b@example.com");

        var answer = await UpsertAsync(
            """{"id":"b@example.com","idProperty":"email","objectWriteTraceId":"0","properties":{"email":"a@example.com"}}""");

        answer.ShouldBe(HttpStatusCode.MultiStatus);
        answer.Json["errors"].ShouldMatch($$"""
            [ { "status": "error", "category": "CONFLICT", "message": "Contact already exists. Existing ID: {{owner.Id}}",
                "context": { "objectWriteTraceId": ["0"], "existingId": ["{{owner.Id}}"] } } ]
            """);
    }

    [Fact]
    public async Task A_custom_unique_property_identifies_and_another_property_does_not()
    {
        (await UpsertAsync("""{"id":"K-1","idProperty":"customer_number","properties":{"email":"a@example.com"}}""")).ShouldBe(HttpStatusCode.OK);
        (await UpsertAsync("""{"id":"K-1","idProperty":"customer_number","properties":{"city":"Dublin"}}""")).ShouldBe(HttpStatusCode.OK);
        Emulator.Contacts.ShouldHaveSingleItem().Properties["customer_number"].ShouldBe("K-1");

        var answer = await UpsertAsync("""{"id":"x","idProperty":"company","properties":{}}""");
        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["message"]!.GetValue<string>().ShouldStartWith("Unable to perform update/upsert by non-unique 0-1 property");
    }

    [Fact]
    public async Task A_required_property_fails_each_record_that_lacks_it()
    {
        Settings.RequiredProperty = "company";
        var inputs = $$"""{"inputs":[{{Input("a@example.com", "1")}}]}""";

        (await PostAsync("/crm/objects/2026-03/contacts/batch/upsert", inputs)).ShouldBe(HttpStatusCode.OK);
        (await PostAsync("/crm/objects/2026-09/contacts/batch/upsert", inputs)).ShouldBe(HttpStatusCode.MultiStatus);
    }

    [Fact]
    public async Task A_batch_create_tells_conflicts_by_trace_id()
    {
        // Ids are given out in order from 171591000001; the recorded conflict is with 171591000198.
        for (var id = 1; id < 198; id++) AddContact($"c{id}@example.com");
        AddContact("a@example.com").Id.ShouldBe("171591000198");

        var answer = await PostAsync("/crm/objects/2026-03/contacts/batch/create", """
            {"inputs":[{"objectWriteTraceId":"0","properties":{"email":"a@example.com"}},
                       {"objectWriteTraceId":"1","properties":{"email":"siena.dyer@hubspot.com"}}]}
            """);

        answer.ShouldBe(HttpStatusCode.MultiStatus, """
            {
              "completedAt": "…", "status": "COMPLETE", "startedAt": "…",
              "results": [ { "id": "…", "createdAt": "…", "updatedAt": "…", "archived": false, "url": "…", "objectWriteTraceId": "1",
                             "properties": { "email": "siena.dyer@hubspot.com", "hs_object_id": "…", "createdate": "…", "lastmodifieddate": "…" } } ],
              "numErrors": 1,
              "errors": [
                { "status": "error", "category": "CONFLICT", "message": "Contact already exists. Existing ID: 171591000198",
                  "context": { "objectWriteTraceId": ["0"], "existingId": ["171591000198"] } }
              ]
            }
            """);
    }

    [Fact]
    public async Task A_batch_create_without_trace_ids_conflicts_as_a_whole()
    {
        AddContact("a@example.com");

        var answer = await PostAsync(
            "/crm/objects/2026-03/contacts/batch/create",
            """{"inputs":[{"properties":{"email":"b@example.com"}},{"properties":{"email":"a@example.com"}}]}""");

        answer.ShouldBe(HttpStatusCode.Conflict);
        Emulator.Contacts.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Updates_of_unknown_ids_are_told_together_without_trace_ids()
    {
        var known = AddContact("a@example.com");

        var answer = await PostAsync("/crm/objects/2026-03/contacts/batch/update", $$$"""
            {"inputs":[{"id":"{{{known.Id}}}","objectWriteTraceId":"0","properties":{"city":"Dublin"}},
                       {"id":"unknownIdentifier888","objectWriteTraceId":"1","properties":{"city":"Dublin"}},
                       {"id":"4711","objectWriteTraceId":"2","properties":{"city":"Dublin"}}]}
            """);

        answer.ShouldBe(HttpStatusCode.MultiStatus);
        answer.Json["errors"].ShouldMatch(
            """[{"status":"error","category":"OBJECT_NOT_FOUND","message":"…","context":{"ids":["unknownIdentifier888","4711"]}}]""");
        Emulator.Contacts.Single().Properties["city"].ShouldBe("Dublin");
    }

    [Theory]
    [InlineData("update")]
    [InlineData("upsert")]
    public async Task Without_trace_ids_an_unknown_record_id_fails_them_all(string operation)
    {
        var known = AddContact("a@example.com");

        var answer = await PostAsync($"/crm/objects/2026-03/contacts/batch/{operation}", $$$"""
            {"inputs":[{"id":"{{{known.Id}}}","properties":{"city":"Dublin"}},{"id":"4711","properties":{"city":"Dublin"}}]}
            """);

        answer.ShouldBe(HttpStatusCode.NotFound, """
            {"status":"error","category":"OBJECT_NOT_FOUND","message":"…","context":{"ids":["4711"]},"correlationId":"…"}
            """);
        Emulator.Contacts.Single().Properties.ShouldNotContainKey("city");
    }

    [Fact]
    public async Task A_batch_update_may_name_contacts_by_a_custom_unique_property()
    {
        Emulator.AddContact(PortalId, new Dictionary<string, string> { ["customer_number"] = "K-1" });

        (await PostAsync(
            "/crm/objects/2026-03/contacts/batch/update",
            """{"inputs":[{"id":"K-1","idProperty":"customer_number","properties":{"city":"Dublin"}}]}""")).ShouldBe(HttpStatusCode.OK);

        Emulator.Contacts.Single().Properties["city"].ShouldBe("Dublin");
    }

    [Theory]
    [InlineData("email")]
    [InlineData("hs_object_id")]
    [InlineData("company")]
    public async Task A_batch_update_by_another_property_is_refused(string idProperty)
    {
        var answer = await PostAsync(
            "/crm/objects/2026-03/contacts/batch/update", $$$"""{"inputs":[{"id":"a@example.com","idProperty":"{{{idProperty}}}","properties":{}}]}""");

        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["message"]!.GetValue<string>().ShouldBe($"Unable to perform update/upsert by non-unique 0-1 property {idProperty}");
    }

    [Fact]
    public async Task A_batch_read_finds_by_address_and_tells_what_is_missing()
    {
        AddContact("a@example.com", secondary: "old@example.com");

        var answer = await PostAsync(
            "/crm/objects/2026-03/contacts/batch/read",
            """{"idProperty":"email","properties":["email"],"inputs":[{"id":"Old@example.com"},{"id":"b@example.com"}]}""");

        answer.ShouldBe(HttpStatusCode.MultiStatus);
        Emails(answer).ShouldBe(["a@example.com"]);
        answer.Json["errors"]![0]!["context"].ShouldMatch("""{"ids":["b@example.com"]}""");
    }

    [Fact]
    public async Task A_batch_archive_frees_the_addresses()
    {
        var known = AddContact("a@example.com");

        (await PostAsync("/crm/objects/2026-03/contacts/batch/archive", $$"""{"inputs":[{"id":"{{known.Id}}"}]}"""))
            .ShouldBe(HttpStatusCode.NoContent);

        var answer = await UpsertAsync(Input("a@example.com", "1"));
        answer.Json["results"]![0]!["new"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task Simultaneous_upserts_of_one_address_create_it_once()
    {
        var answers = await AtOnceAsync(Enumerable.Repeat(() => UpsertAsync(Input("a@example.com", "1")), 20));

        answers.Count(answer => answer.Json["results"]![0]!["new"]!.GetValue<bool>()).ShouldBe(1);
        Emulator.Contacts.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_property_can_be_defined_at_run_time()
    {
        Emulator.Put(new PropertyDefinition { Name = "shoe_size", Type = PropertyType.Number });

        (await UpsertAsync("""{"id":"a@example.com","idProperty":"email","properties":{"shoe_size":"44"}}""")).ShouldBe(HttpStatusCode.OK);
    }

    private static string Input(string email, string? traceId)
    {
        var input = new JsonObject
        {
            ["id"] = email,
            ["idProperty"] = "email",
            ["properties"] = new JsonObject { ["email"] = email, ["phone"] = "5555555555" },
        };
        if (traceId is not null) input["objectWriteTraceId"] = traceId;
        return input.ToJsonString();
    }

    private static List<string> Emails(Answer answer) =>
        [.. answer.Json["results"]!.AsArray().Select(result => result!["properties"]!["email"]!.GetValue<string>())];
}
