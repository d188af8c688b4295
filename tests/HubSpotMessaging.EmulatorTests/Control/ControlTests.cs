using System.Net;
using System.Text.Json.Nodes;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.EmulatorTests.Control;

public sealed class ControlTests : EmulatorTest
{
    [Fact]
    public async Task A_page_tells_what_there_is_and_the_emulator_is_healthy()
    {
        var page = await GetAsync("/emulator");

        page.ContentType.ShouldBe("text/html");
        page.Body.ShouldContain("/emulator/contacts");
        page.Body.ShouldContain("/oauth/authorize?client_id=emulator-client");
        (await GetAsync("/emulator/health")).ShouldBe(HttpStatusCode.OK, """{"status":"ok"}""");
    }

    [Fact]
    public async Task Calls_are_recorded_with_status_portal_and_body()
    {
        await PostAsync("/crm/objects/2026-03/contacts?x=1", """{"properties":{"email":"a@example.com"}}""");
        await GetAsync("/nothing/here");
        await GetAsync("/emulator/contacts");

        (await GetAsync("/emulator/calls")).ShouldBe(HttpStatusCode.OK, """
            [ { "sequence": 1, "at": "2026-09-10T12:00:00.000Z", "method": "POST", "path": "/crm/objects/2026-03/contacts?x=1",
                "status": 201, "portalId": 1234567, "body": "{\"properties\":{\"email\":\"a@example.com\"}}", "durationMilliseconds": 0 },
              { "sequence": 2, "at": "…", "method": "GET", "path": "/nothing/here", "status": 404, "portalId": 1234567, "body": "",
                "durationMilliseconds": 0 } ]
            """);
        (await GetAsync("/emulator/calls?path=/crm/*/contacts")).Json.AsArray().Count.ShouldBe(1);
        (await DeleteAsync("/emulator/calls")).ShouldBe(HttpStatusCode.NoContent);
        (await GetAsync("/emulator/calls")).ShouldBe(HttpStatusCode.OK, "[]");
    }

    [Fact]
    public async Task No_secret_is_recorded()
    {
        var tokens = Emulator.Grant(PortalId);
        await PostFormAsync(
            "/oauth/v1/token?code=in-query",
            ("grant_type", "refresh_token"), ("client_id", ClientId), ("client_secret", ClientSecret),
            ("refresh_token", tokens.RefreshToken), ("code", "a-code"), ("code_verifier", "a-verifier"));
        await PostFormAsync("/oauth/v3/token/introspect", ("token", tokens.AccessToken), ("client_secret", ClientSecret));
        await GetAsync($"/oauth/v1/access-tokens/{tokens.AccessToken}");
        await GetAsync($"/oauth/v1/refresh-tokens/{tokens.RefreshToken}");

        var recorded = (await GetAsync("/emulator/calls")).Body;

        foreach (var secret in (string[])[ClientSecret, tokens.RefreshToken, tokens.AccessToken, "a-code", "a-verifier", "in-query"])
            recorded.ShouldNotContain(secret);
        Emulator.Calls[0].Body.ShouldBe(
            "grant_type=refresh_token&client_id=emulator-client&client_secret=***&refresh_token=***&code=***&code_verifier=***");
    }

    [Fact]
    public async Task An_aborted_call_says_so()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Reset });
        await Should.ThrowAsync<HttpRequestException>(() => GetAsync("/crm/v3/objects/contacts/1"));

        (await GetAsync("/emulator/calls")).Json[0]!["status"]!.GetValue<string>().ShouldBe("aborted");
    }

    [Fact]
    public async Task A_long_body_is_recorded_in_part()
    {
        await PostAsync("/crm/v3/objects/contacts", new string('x', 100_000));
        Emulator.Calls.Single().Body.Length.ShouldBe(65_536);
    }

    [Fact]
    public async Task Contacts_enrolments_and_events_are_listed_by_portal()
    {
        (await PostAsync("/emulator/contacts", """{"portalId":1234567,"properties":{"email":"A@example.com","hs_additional_emails":"b@example.com"}}"""))
            .ShouldBe(HttpStatusCode.Created);
        AddContact("other@example.com", portalId: OtherPortalId);
        await PostAsync("/automation/v2/workflows/1001/enrollments/contacts/b@example.com");
        await PostAsync("/integrators/timeline/v3/events", """{"eventTemplateId":"1001298","id":"x","email":"b@example.com","tokens":{"carrier":"Post"}}""");

        (await GetAsync("/emulator/contacts?portalId=1234567")).ShouldBe(HttpStatusCode.OK, """
            [ { "portalId": 1234567, "id": "171591000001", "archived": false, "createdAt": "…", "updatedAt": "…",
                "properties": { "email": "a@example.com", "hs_additional_emails": "b@example.com", "hs_object_id": "171591000001",
                  "createdate": "…", "lastmodifieddate": "…" } } ]
            """);
        (await GetAsync("/emulator/enrollments")).ShouldBe(HttpStatusCode.OK, """
            [ { "sequence": 1, "portalId": 1234567, "workflowId": 1001, "contactId": "171591000001", "email": "b@example.com",
                "at": "2026-09-10T12:00:00.000Z", "action": "enrolled" } ]
            """);
        (await GetAsync("/emulator/timeline-events")).ShouldBe(HttpStatusCode.OK, """
            [ { "portalId": 1234567, "eventTemplateId": "1001298", "id": "x", "email": "b@example.com", "objectId": "171591000001",
                "tokens": { "carrier": "Post" }, "timestamp": "2026-09-10T12:00:00.000Z" } ]
            """);
        foreach (var list in (string[])["contacts", "enrollments", "timeline-events"])
            (await GetAsync($"/emulator/{list}?portalId=1")).ShouldBe(HttpStatusCode.OK, "[]");
    }

    [Fact]
    public async Task Settings_are_merged()
    {
        (await PutAsync("/emulator/settings", """{"rateLimit":null,"rotateRefreshTokens":true,"requiredScopes":["oauth"]}""")).ShouldBe(HttpStatusCode.OK, """
            { "accessTokenLifetimeSeconds": 1800, "rotateRefreshTokens": true, "includeHubId": true, "rateLimit": null,
              "rateLimitWindowMilliseconds": 10000, "dailyLimit": null, "latencyMilliseconds": 0, "requiredProperty": null,
              "rejectRepeatedTimelineIds": false, "rejectRepeatedEnrollments": false, "resultOrderSeed": 42,
              "requiredScopes": ["oauth"], "optionalScopes": null, "redirectUris": null }
            """);
        await PutAsync("/emulator/settings", """{"rateLimit":5}""");

        Settings.RateLimit.ShouldBe(5);
        Settings.RotateRefreshTokens.ShouldBeTrue();
        (await GetAsync("/emulator/settings")).Json["rateLimit"]!.GetValue<int>().ShouldBe(5);
        (await PutAsync("/emulator/settings", """{"ratelimits":5}""")).ShouldBe(HttpStatusCode.BadRequest);
        (await PutAsync("/emulator/settings", """{"rateLimit":"many"}""")).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("accounts", """{"portalId":1,"name":"New","hubDomain":"example.org","userEmail":"a@example.org","tier":"free","timeZone":"UTC"}""")]
    [InlineData("workflows", """{"id":1,"flowId":2,"name":"New","enabled":true,"allowsReEnrollment":false,"endsAtOnce":true}""")]
    [InlineData("event-templates", """{"id":"1","name":"New","tokens":["a"]}""")]
    [InlineData("event-types", """{"name":"a_new","properties":["a"]}""")]
    [InlineData("properties", """{"name":"a_new","label":"New","type":"datetime","options":[],"allowsSeveral":false,"readOnly":false,"hasUniqueValue":false}""")]
    public async Task Definitions_are_listed_and_put(string list, string definition)
    {
        var before = (await GetAsync($"/emulator/{list}")).Json.AsArray().Count;

        (await PutAsync($"/emulator/{list}", definition)).ShouldBe(HttpStatusCode.OK, definition);
        (await PutAsync($"/emulator/{list}", definition)).ShouldBe(HttpStatusCode.OK, definition);

        var after = (await GetAsync($"/emulator/{list}")).Json.AsArray();
        after.Count.ShouldBe(before + 1);
        after.ShouldContain(item => JsonNode.DeepEquals(item, JsonNode.Parse(definition)));
    }

    [Fact]
    public async Task Tokens_are_granted_expired_and_revoked_over_http()
    {
        var granted = await PostAsync("/emulator/grants", """{"portalId":7654321,"scopes":["oauth","crm.objects.contacts.read"]}""");
        granted.ShouldBe(HttpStatusCode.Created, """
            {"accessToken":"…","refreshToken":"…","portalId":7654321,"scopes":["oauth","crm.objects.contacts.read"],"expiresIn":1800}
            """);
        (await PostAsync("/emulator/grants", """{"portalId":1}""")).ShouldBe(HttpStatusCode.BadRequest);
        Client.DefaultRequestHeaders.Authorization = new("Bearer", granted.Json["accessToken"]!.GetValue<string>());

        (await GetAsync("/crm/v3/objects/contacts/1")).ShouldBe(HttpStatusCode.NotFound);
        (await PostAsync("/emulator/grants/7654321/expire")).ShouldBe(HttpStatusCode.NoContent);
        (await GetAsync("/crm/v3/objects/contacts/1")).Json["category"]!.GetValue<string>().ShouldBe("EXPIRED_AUTHENTICATION");
        (await PostAsync("/emulator/grants/7654321/revoke")).ShouldBe(HttpStatusCode.NoContent);
        (await GetAsync("/crm/v3/objects/contacts/1")).Json["category"]!.GetValue<string>().ShouldBe("INVALID_AUTHENTICATION");
    }

    [Fact]
    public async Task A_reset_returns_to_the_start()
    {
        AddContact("a@example.com");
        await PostAsync("/automation/v2/workflows/1001/enrollments/contacts/a@example.com");
        await PostAsync("/integrators/timeline/v3/events", """{"eventTemplateId":"1001298","id":"x","email":"b@example.com","tokens":{}}""");
        Emulator.Put(new Workflow { Id = 1, Name = "Temporary" });
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Reset });
        Settings.RateLimit = 1;

        (await PostAsync("/emulator/reset")).ShouldBe(HttpStatusCode.NoContent);

        Emulator.Contacts.ShouldBeEmpty();
        Emulator.Enrollments.ShouldBeEmpty();
        Emulator.TimelineEvents.ShouldBeEmpty();
        Emulator.Calls.ShouldBeEmpty();
        Emulator.Faults.Active.ShouldBeEmpty();
        Settings.RateLimit.ShouldBe(110);
        (await GetAsync("/emulator/workflows")).Json.AsArray().Count.ShouldBe(3);
        (await GetAsync("/crm/v3/objects/contacts/1")).ShouldBe(HttpStatusCode.Unauthorized);
    }
}
