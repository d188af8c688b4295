using System.Net;
using System.Net.Sockets;
using System.Text;
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
        page.Body.ShouldContain("/oauth/start");
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
    public async Task Calls_can_be_listed_without_their_bodies()
    {
        await PostAsync("/crm/objects/2026-03/contacts", """{"properties":{"email":"a@example.com"}}""");

        var call = (await GetAsync("/emulator/calls?path=/crm/*&bodies=false")).Json.AsArray().ShouldHaveSingleItem()!;

        (call["path"]!.GetValue<string>(), call["body"]!.GetValue<string>()).ShouldBe(("/crm/objects/2026-03/contacts", ""));
        Emulator.Calls[0].Body.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Contacts_are_counted_for_each_account()
    {
        AddContact("a@example.com");
        AddContact("b@example.com");
        AddContact("a@example.com", portalId: OtherPortalId);

        (await GetAsync($"/emulator/contacts/count?portalId={PortalId}")).ShouldBe(HttpStatusCode.OK, """{"count":2}""");
        (await GetAsync($"/emulator/contacts/count?portalId={OtherPortalId}")).ShouldBe(HttpStatusCode.OK, """{"count":1}""");
        (await GetAsync("/emulator/contacts/count")).Status.ShouldBe(HttpStatusCode.BadRequest);
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

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task A_body_of_oauth_that_is_no_form_is_masked_whole(string contentType)
    {
        using var body = new StringContent("""{"client_secret":"a=b&c=d","refresh_token":"na1-x"}""", Encoding.UTF8, contentType);
        await Client.PostAsync(new Uri("/oauth/v3/token", UriKind.Relative), body, Cancelled);

        Emulator.Calls.ShouldHaveSingleItem().Body.ShouldBe("***");
    }

    [Fact]
    public async Task A_path_is_recorded_and_matched_as_it_was_sent()
    {
        await GetAsync("/crm/v3/objects/contacts/ada%2Btag%40example.com?idProperty=email");

        Emulator.Calls.ShouldHaveSingleItem().Path.ShouldBe("/crm/v3/objects/contacts/ada%2Btag%40example.com?idProperty=email");
        (await GetAsync("/emulator/calls?path=*/ada%252Btag%2540example.com")).Json.AsArray().Count.ShouldBe(1);
        (await GetAsync("/emulator/calls?path=*/ada%2Btag@example.com")).Json.AsArray().ShouldBeEmpty();
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Locked, Match = new FaultMatch { Path = "*/ada%2Btag%40example.com" } });
        (await GetAsync("/crm/v3/objects/contacts/ada%2Btag%40example.com?idProperty=email")).ShouldBe(HttpStatusCode.Locked);
    }

    [Fact]
    public async Task What_is_not_there_says_so_even_if_it_looks_like_a_file() =>
        (await GetAsync("/crm/v1/contacts/ada@example.com")).ShouldBe(HttpStatusCode.NotFound, """
            {"status":"error","message":"resource not found","correlationId":"…","category":"OBJECT_NOT_FOUND"}
            """);

    [Fact]
    public async Task A_call_too_large_is_refused_and_recorded()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/crm/v3/objects/contacts") { Content = new ByteArrayContent(new byte[31_000_000]) };
        request.Headers.ExpectContinue = true;
        using var response = await Client.SendAsync(request, Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await response.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"status\":\"error\"");
        Emulator.Calls.ShouldHaveSingleItem().Status.ShouldBe(413);
    }

    [Fact]
    public async Task A_call_that_breaks_off_is_recorded()
    {
        using var wire = new TcpClient();
        await wire.ConnectAsync(Emulator.BaseAddress.Host, Emulator.BaseAddress.Port, Cancelled);
        await wire.GetStream().WriteAsync("POST /crm/v3/objects/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"a\""u8.ToArray(), Cancelled);
        wire.Close();

        while (Emulator.Calls.Count == 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        (Emulator.Calls[0].Method, Emulator.Calls[0].Path, Emulator.Calls[0].Status).ShouldBe(("POST", "/crm/v3/objects/contacts", null));
    }

    [Fact]
    public async Task What_the_emulator_did_not_expect_is_a_500_with_a_body_and_recorded()
    {
        Emulator.Put(new EventTemplate { Id = "broken", Tokens = null! });

        var answer = await PostAsync("/integrators/timeline/v3/events", """{"eventTemplateId":"broken","email":"a@example.com","tokens":{"a":"b"}}""");

        answer.ShouldBe(HttpStatusCode.InternalServerError, """{"status":"error","message":"…","correlationId":"…"}""");
        Emulator.Calls.ShouldHaveSingleItem().Status.ShouldBe(500);
    }

    [Fact]
    public async Task A_held_call_does_not_outlive_a_reset()
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.Hold });
        var call = UpsertAsync("""{"id":"a@example.com","idProperty":"email","properties":{}}""");
        await hold.WhenHitAsync(cancellationToken: Cancelled);

        Emulator.Reset();

        await Should.ThrowAsync<HttpRequestException>(() => call);
        Emulator.Contacts.ShouldBeEmpty();
        Emulator.Calls.ShouldBeEmpty();
        await GetAsync("/nothing/here");
        Emulator.Calls.ShouldHaveSingleItem().Sequence.ShouldBe(1);
    }

    [Fact]
    public async Task Forgetting_the_calls_does_not_number_two_of_them_alike()
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.Hold, Times = 1 });
        var held = GetAsync("/nothing/first");
        await hold.WhenHitAsync(cancellationToken: Cancelled);
        await DeleteAsync("/emulator/calls");
        await GetAsync("/nothing/second");
        Emulator.Faults.Remove(hold.Id);
        await held;

        while (Emulator.Calls.Count < 2) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        Emulator.Calls.Select(call => call.Sequence).ShouldBe([1, 2]);
    }

    [Theory]
    [InlineData("POST", "contacts", "{}")]
    [InlineData("POST", "contacts", """{"portalId":1234567}""")]
    [InlineData("POST", "contacts", """{"portalId":1234567,"properties":null}""")]
    [InlineData("POST", "grants", "{}")]
    [InlineData("PUT", "accounts", "{}")]
    [InlineData("PUT", "workflows", "{}")]
    [InlineData("PUT", "event-templates", """{"name":"New"}""")]
    [InlineData("PUT", "event-templates", """{"id":"1","tokens":null}""")]
    [InlineData("PUT", "event-types", "{}")]
    [InlineData("PUT", "properties", """{"label":"New"}""")]
    [InlineData("PUT", "settings", """{"rateLimit":-1}""")]
    [InlineData("PUT", "settings", """{"latencyMilliseconds":-1}""")]
    [InlineData("PUT", "settings", """{"rateLimit":1,"rateLimit":2}""")]
    [InlineData("PUT", "settings", "")]
    public async Task What_makes_no_sense_is_refused_with_the_reason(string method, string path, string json)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/emulator/{path}")
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        using var response = await Client.SendAsync(request, Cancelled);

        (await Answer.ReadAsync(response)).ShouldBe(
            HttpStatusCode.BadRequest, """{"status":"error","message":"…","correlationId":"…","category":"VALIDATION_ERROR"}""");
    }

    [Fact]
    public async Task A_contact_is_put_there_without_the_properties_that_are_null()
    {
        (await PostAsync("/emulator/contacts", """{"portalId":1234567,"properties":{"email":"a@example.com","city":null}}"""))
            .ShouldBe(HttpStatusCode.Created);
        Emulator.Contacts.ShouldHaveSingleItem().Properties.ShouldNotContainKey("city");
    }

    [Fact]
    public async Task Settings_that_arrive_slowly_do_not_undo_what_changed_meanwhile()
    {
        using var wire = new TcpClient();
        await wire.ConnectAsync(Emulator.BaseAddress.Host, Emulator.BaseAddress.Port, Cancelled);
        await wire.GetStream().WriteAsync("PUT /emulator/settings HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\nExpect: 100-continue\r\n\r\n"u8.ToArray(), Cancelled);
        var answer = new byte[1024];
        // Kestrel answers "100 Continue" when the body is asked for.
        (await wire.GetStream().ReadAsync(answer, Cancelled)).ShouldBePositive();

        await PutAsync("/emulator/settings", """{"dailyLimit":7}""");
        await wire.GetStream().WriteAsync("{\"rateLimit\":5}"u8.ToArray(), Cancelled);
        (await wire.GetStream().ReadAsync(answer, Cancelled)).ShouldBePositive();

        (Settings.RateLimit, Settings.DailyLimit).ShouldBe((5, 7));
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
              "requiredScopes": ["oauth"], "optionalScopes": null, "redirectUris": null, "allowLoopbackAddress": true }
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
