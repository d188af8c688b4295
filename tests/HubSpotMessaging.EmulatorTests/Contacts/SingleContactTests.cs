using System.Net;

namespace HubSpotMessaging.EmulatorTests.Contacts;

public sealed class SingleContactTests : EmulatorTest
{
    public static TheoryData<string> Paths { get; } =
    [
        "/crm/v3/objects/contacts", "/crm/objects/2026-03/contacts", "/crm/objects/2026-09/contacts", "/crm/objects/2026-09/0-1",
    ];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_contact_is_created_read_changed_and_archived(string path)
    {
        var created = await PostAsync(path, """{ "properties": { "email": "Example@HubSpot.com", "firstname": "Jane" } }""");
        created.ShouldBe(HttpStatusCode.Created, """
            {
              "id": "171591000001", "archived": false, "createdAt": "2026-09-10T12:00:00.000Z", "updatedAt": "2026-09-10T12:00:00.000Z",
              "url": "…",
              "properties": { "email": "example@hubspot.com", "firstname": "Jane", "hs_object_id": "171591000001",
                "createdate": "2026-09-10T12:00:00.000Z", "lastmodifieddate": "2026-09-10T12:00:00.000Z" }
            }
            """);

        Clock.Advance(TimeSpan.FromSeconds(5));
        var changed = await PatchAsync($"{path}/example%40hubspot.com?idProperty=email", """{ "properties": { "jobtitle": "burger" } }""");
        changed.ShouldBe(HttpStatusCode.OK);
        changed.Json["updatedAt"]!.GetValue<string>().ShouldBe("2026-09-10T12:00:05.000Z");

        var read = await GetAsync($"{path}/171591000001?properties=jobtitle,city&properties=firstname&properties=no_such_property");
        read.Json["properties"].ShouldMatch("""
            { "jobtitle": "burger", "city": null, "firstname": "Jane", "hs_object_id": "171591000001",
              "createdate": "2026-09-10T12:00:00.000Z", "lastmodifieddate": "2026-09-10T12:00:05.000Z" }
            """);

        (await DeleteAsync($"{path}/171591000001")).ShouldBe(HttpStatusCode.NoContent);
        (await GetAsync($"{path}/171591000001")).ShouldBe(HttpStatusCode.NotFound);
        Emulator.Contacts.ShouldHaveSingleItem().Archived.ShouldBeTrue();
    }

    [Fact]
    public async Task A_contact_is_archived_by_its_address()
    {
        AddContact("jane@example.com");

        (await DeleteAsync("/crm/v3/objects/contacts/Jane%40example.com?idProperty=email")).ShouldBe(HttpStatusCode.NoContent);

        Emulator.Contacts.ShouldHaveSingleItem().Archived.ShouldBeTrue();
    }

    [Fact]
    public async Task Every_character_of_an_address_can_be_sent_in_a_path()
    {
        AddContact("a/b+c%2f@example.com");
        const string Path = "/crm/v3/objects/contacts/a%2Fb%2Bc%252f%40example.com?idProperty=email";

        (await GetAsync(Path)).ShouldBe(HttpStatusCode.OK);
        (await PatchAsync(Path, """{"properties":{"city":"Dublin"}}""")).ShouldBe(HttpStatusCode.OK);
        (await DeleteAsync(Path)).ShouldBe(HttpStatusCode.NoContent);
        Emulator.Contacts.ShouldHaveSingleItem().Archived.ShouldBeTrue();
    }

    [Fact]
    public async Task A_property_asked_for_twice_is_read_once()
    {
        var contact = AddContact("jane@example.com");

        var answer = await GetAsync($"/crm/v3/objects/contacts/{contact.Id}?properties=email,email");

        answer.Json["properties"]!["email"]!.GetValue<string>().ShouldBe("jane@example.com");
    }

    [Fact]
    public async Task A_version_that_does_not_exist_is_not_there()
    {
        (await GetAsync("/crm/objects/2026-06/contacts/1")).ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync("/crm/objects/2026-09/0-2/1")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Creating_an_address_twice_is_a_conflict_that_names_the_contact()
    {
        var known = AddContact("jane@example.com", secondary: "old@example.com");

        foreach (var email in (string[])["JANE@example.com", "old@example.com"])
        {
            (await PostAsync("/crm/objects/2026-03/contacts", $$$"""{"properties":{"email":"{{{email}}}"}}""")).ShouldBe(HttpStatusCode.Conflict, $$$"""
                {"status":"error","message":"Contact already exists. Existing ID: {{{known.Id}}}","correlationId":"…","category":"CONFLICT"}
                """);
        }
    }

    [Fact]
    public async Task An_unknown_contact_is_not_found()
    {
        var answer = await PatchAsync("/crm/objects/2026-03/contacts/a@example.com?idProperty=email", """{"properties":{"city":"Dublin"}}""");

        answer.ShouldBe(HttpStatusCode.NotFound);
        answer.Json["category"]!.GetValue<string>().ShouldBe("OBJECT_NOT_FOUND");
    }

    [Fact]
    public async Task A_secondary_address_finds_the_contact_and_leaves_the_primary_one_in_place()
    {
        AddContact("jane@example.com", secondary: "old@example.com;older@example.com");

        var answer = await PatchAsync(
            "/crm/objects/2026-03/contacts/older@example.com?idProperty=email",
            """{"properties":{"email":"older@example.com","city":"Dublin"}}""");

        answer.Json["properties"]!["email"]!.GetValue<string>().ShouldBe("jane@example.com");
        Emulator.Contacts.ShouldHaveSingleItem().Properties["city"].ShouldBe("Dublin");
    }

    [Fact]
    public async Task An_empty_value_clears_a_property()
    {
        await PostAsync("/crm/objects/2026-03/contacts", """{"properties":{"email":"a@example.com","city":"Dublin","phone":"1"}}""");
        await PatchAsync("/crm/objects/2026-03/contacts/a@example.com?idProperty=email", """{"properties":{"city":"","phone":null}}""");

        Emulator.Contacts.Single().Properties.Keys.ShouldNotContain("city");
        Emulator.Contacts.Single().Properties.Keys.ShouldNotContain("phone");
    }

    [Fact]
    public async Task An_unknown_property_is_named_in_errors_and_again_in_the_message()
    {
        (await PostAsync("/crm/objects/2026-03/contacts", """{"properties":{"email":"a@example.com","favorite_food":"burger"}}""")).ShouldBe(
            HttpStatusCode.BadRequest,
            """
            {
              "status": "error",
              "message": "Property values were not valid: [{\"isValid\":false,\"message\":\"Property \\\"favorite_food\\\" does not exist\",\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"favorite_food\",\"localizedErrorMessage\":\"Property \\\"favorite_food\\\" does not exist\"}]",
              "errors": [ { "message": "Property \"favorite_food\" does not exist", "code": "PROPERTY_DOESNT_EXIST", "context": { "propertyName": ["favorite_food"] } } ],
              "category": "VALIDATION_ERROR",
              "correlationId": "…"
            }
            """);
        Emulator.Contacts.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("annualrevenue", "1,000", "INVALID_INTEGER")]
    [InlineData("newsletter_opt_in", "yes", "INVALID_OPTION")]
    [InlineData("lifecyclestage", "Customer", "INVALID_OPTION")]
    [InlineData("interests", "billing;weather", "INVALID_OPTION")]
    [InlineData("birthday", "10.09.2026", "INVALID_DATE")]
    [InlineData("birthday", "1789043400000", "INVALID_DATE")]
    [InlineData("closedate", "soon", "INVALID_DATE")]
    [InlineData("createdate", "2026-09-10", "READ_ONLY_VALUE")]
    [InlineData("hs_additional_emails", "b@example.com", "READ_ONLY_VALUE")]
    [InlineData("email", "bad-address", "INVALID_EMAIL")]
    public async Task A_value_that_a_property_does_not_take_is_refused(string property, string value, string code)
    {
        var answer = await PostAsync("/crm/objects/2026-03/contacts", $$$"""{"properties":{"{{{property}}}":"{{{value}}}"}}""");

        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["errors"]!.ShouldMatch($$$"""[{"message":"…","code":"{{{code}}}","context":{"propertyName":["{{{property}}}"]}}]""");
    }

    [Theory]
    [InlineData("annualrevenue", "-1.5e3", "-1.5e3")]
    [InlineData("newsletter_opt_in", "TRUE", "true")]
    [InlineData("lifecyclestage", "customer", "customer")]
    [InlineData("interests", "billing;support", "billing;support")]
    [InlineData("birthday", "2026-09-10", "2026-09-10")]
    [InlineData("birthday", "1788998400000", "2026-09-10")]
    [InlineData("closedate", "1789043400000", "2026-09-10T12:30:00.000Z")]
    [InlineData("closedate", "2026-09-10T14:30:00+02:00", "2026-09-10T12:30:00.000Z")]
    public async Task A_value_is_kept_as_hubspot_writes_it(string property, string value, string kept)
    {
        (await PostAsync("/crm/objects/2026-03/contacts", $$$"""{"properties":{"{{{property}}}":"{{{value}}}"}}""")).ShouldBe(HttpStatusCode.Created);

        Emulator.Contacts.Single().Properties[property].ShouldBe(kept);
    }

    [Fact]
    public async Task Numbers_and_booleans_are_taken_for_text()
    {
        await PostAsync("/crm/objects/2026-03/contacts", """{"properties":{"email":"a@example.com","annualrevenue":12.50,"newsletter_opt_in":true}}""");

        Emulator.Contacts.Single().Properties["annualrevenue"].ShouldBe("12.50");
        Emulator.Contacts.Single().Properties["newsletter_opt_in"].ShouldBe("true");
    }

    [Theory]
    [InlineData("/crm/v3/objects/contacts", HttpStatusCode.Created)]
    [InlineData("/crm/objects/2026-03/contacts", HttpStatusCode.Created)]
    [InlineData("/crm/objects/2026-09/contacts", HttpStatusCode.BadRequest)]
    public async Task A_property_that_an_administrator_requires_is_enforced_from_2026_09(string path, HttpStatusCode status)
    {
        Settings.RequiredProperty = "company";

        (await PostAsync(path, """{"properties":{"email":"a@example.com"}}""")).ShouldBe(status);
        (await PostAsync(path, """{"properties":{"email":"b@example.com","company":"Example Ltd"}}""")).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Malformed_json_is_pointed_at()
    {
        (await PostAsync("/crm/objects/2026-03/contacts", "{\n\"properties\": {\n\"email\": }}")).Json.ShouldMatch(
            """{"status":"error","message":"…","correlationId":"…"}""");
        (await PostAsync("/crm/objects/2026-03/contacts", "{\n\"properties\": {\n\"email\": }}")).Json["message"]!.GetValue<string>()
            .ShouldStartWith("Invalid input JSON on line 3, column ");
    }
}
