using System.Text.Json.Nodes;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Api.Timeline;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>What goes over the wire to HubSpot, call by call and version by version.</summary>
public sealed class RequestTests
{
    private readonly StubHttp _http = new();

    [Theory]
    [InlineData(false, "/crm/objects/2026-09/contacts/batch/upsert")]
    [InlineData(true, "/crm/v3/objects/contacts/batch/upsert")]
    public async Task A_batch_upsert(bool old, string path)
    {
        _http.Answers(200, """{"results":[]}""");
        if (old)
            UseOldVersions();

        await _http.Contacts.UpsertAsync(
            [new() { Id = "luke@lukesdiner.com", ObjectWriteTraceId = "row-0001", Properties = new Dictionary<string, string> { ["email"] = "luke@lukesdiner.com", ["Phone_X"] = "5555555555" } }],
            permit: null, CancellationToken.None);

        ShouldBeCall(HttpMethod.Post, path, """
            {"inputs":[{"id":"luke@lukesdiner.com","idProperty":"email","objectWriteTraceId":"row-0001",
             "properties":{"email":"luke@lukesdiner.com","Phone_X":"5555555555"}}]}
            """);
    }

    [Fact]
    public async Task A_batch_read()
    {
        _http.Answers(200, """{"results":[{"id":"51","properties":{"email":"a@b.example","phone":null}}]}""");

        var answer = await _http.Contacts.ReadAsync(new() { Inputs = [new("a@b.example")] }, permit: null, CancellationToken.None);

        answer.Value!.Results.ShouldHaveSingleItem().Properties["phone"].ShouldBeNull();
        ShouldBeCall(HttpMethod.Post, "/crm/objects/2026-09/contacts/batch/read", """{"idProperty":"email","inputs":[{"id":"a@b.example"}],"properties":["email"]}""");
    }

    [Fact]
    public async Task More_than_a_hundred_contacts_are_not_sent()
    {
        var contact = new ContactUpsert { Id = "a@b.example", ObjectWriteTraceId = "1", Properties = new Dictionary<string, string>() };

        await Should.ThrowAsync<ArgumentException>(
            () => _http.Contacts.UpsertAsync([.. Enumerable.Repeat(contact, 101)], permit: null, CancellationToken.None));
        _http.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Addresses_are_encoded_in_paths()
    {
        _http.Answers(404).Answers(204).Answers(204);

        await _http.Contacts.GetByEmailAsync("ada+x/y@example.com", permit: null, CancellationToken.None);
        await _http.Workflows.EnrollAsync("1001", "ada+x@example.com", permit: null, CancellationToken.None);
        await _http.Workflows.UnenrollAsync("1001", "ada+x@example.com", permit: null, CancellationToken.None);

        _http.Calls.ShouldBe(
        [
            (HttpMethod.Get, "/crm/objects/2026-09/contacts/ada%2Bx%2Fy%40example.com?idProperty=email&properties=email", ""),
            (HttpMethod.Post, "/automation/v2/workflows/1001/enrollments/contacts/ada%2Bx%40example.com", ""),
            (HttpMethod.Delete, "/automation/v2/workflows/1001/enrollments/contacts/ada%2Bx%40example.com", ""),
        ]);
    }

    [Theory]
    [InlineData(false, "/automation/v4/workflow-id-mappings/batch/read")]
    [InlineData(true, "/automation/2026-09-beta/workflow-id-mappings/batch/read")]
    public async Task The_workflow_of_a_flow(bool old, string path)
    {
        _http.Answers(200, """{"status":"COMPLETE","results":[{"flowId":585051946,"workflowId":"12345678"}]}""");
        if (old)
            UseOldVersions();

        var answer = await _http.Workflows.MapFlowAsync("585051946", permit: null, CancellationToken.None);

        answer.Value!.Results.ShouldHaveSingleItem().WorkflowId.ShouldBe(12345678);
        ShouldBeCall(HttpMethod.Post, path, """{"inputs":[{"type":"FLOW_ID","flowId":"585051946"}]}""");
    }

    [Fact]
    public async Task The_workflows_a_contact_is_in()
    {
        _http.Answers(200, """[{"id":1001,"name":"Welcome"},{"id":1002}]""");

        var answer = await _http.Workflows.CurrentEnrollmentsAsync("51", permit: null, CancellationToken.None);

        answer.Value!.Select(workflow => workflow.Id).ShouldBe([1001, 1002]);
        _http.Calls.ShouldBe([(HttpMethod.Get, "/automation/v2/workflows/enrollments/contacts/51", "")]);
    }

    [Fact]
    public async Task Timeline_events_single_and_in_a_batch()
    {
        _http.Answers(201, """{"id":"e-1"}""").Answers(201, """{"results":[]}""");
        var timelineEvent = new TimelineEvent
        {
            EventTemplateId = "1001298",
            Id = "e-1",
            Email = "art@example.com",
            Tokens = new Dictionary<string, string> { ["orderNumber"] = "8842" },
            Timestamp = new DateTimeOffset(2026, 9, 10, 12, 0, 0, TimeSpan.Zero),
            Frame = new("View", "Order", "https://a.example", 600, 400),
        };
        const string Json = """
            {"eventTemplateId":"1001298","id":"e-1","tokens":{"orderNumber":"8842"},"email":"art@example.com","timestamp":"2026-09-10T12:00:00+00:00",
             "timelineIFrame":{"linkLabel":"View","headerLabel":"Order","url":"https://a.example","width":600,"height":400}}
            """;

        await _http.Timeline.PostAsync(timelineEvent, permit: null, CancellationToken.None);
        ShouldBeCall(HttpMethod.Post, "/integrators/timeline/v3/events", Json);
        _http.Calls.Clear();
        await _http.Timeline.PostAsync([timelineEvent], permit: null, CancellationToken.None);
        ShouldBeCall(HttpMethod.Post, "/integrators/timeline/v3/events/batch/create", $$"""{"inputs":[{{Json}}]}""");
    }

    [Fact]
    public async Task Tokens_by_the_dated_version_stand_in_forms()
    {
        const string Tokens = """{"token_type":"bearer","access_token":"a","refresh_token":"r","expires_in":1800,"hub_id":62515,"scopes":["oauth"]}""";
        _http.Answers(200, Tokens).Answers(200, Tokens).Answers(200, """{"active":true,"hub_id":62515}""").Answers(200);
        var oauth = _http.OAuth;

        var tokens = (await oauth.ExchangeAsync("co de", codeVerifier: null, CancellationToken.None)).Value!;
        await oauth.RefreshAsync(tokens.RefreshToken, CancellationToken.None);
        await oauth.IntrospectAsync(tokens.AccessToken, CancellationToken.None);
        (await oauth.RevokeAsync(tokens.RefreshToken, CancellationToken.None)).Succeeded.ShouldBeTrue();

        _http.Calls.ShouldBe(
        [
            (HttpMethod.Post, "/oauth/2026-09/token", "grant_type=authorization_code&code=co+de&redirect_uri=https%3A%2F%2Fsync.example%2Foauth%2Fcallback&client_id=id&client_secret=secret"),
            (HttpMethod.Post, "/oauth/2026-09/token", "grant_type=refresh_token&refresh_token=r&client_id=id&client_secret=secret"),
            (HttpMethod.Post, "/oauth/2026-09/token/introspect", "token=a&token_type_hint=access_token&client_id=id&client_secret=secret"),
            (HttpMethod.Post, "/oauth/2026-09/token/revoke", "token=r&token_type_hint=refresh_token&client_id=id&client_secret=secret"),
        ]);
    }

    [Fact]
    public async Task A_code_verifier_stands_in_the_form()
    {
        _http.Answers(200, """{"access_token":"a","refresh_token":"r","expires_in":1800}""");

        await _http.OAuth.ExchangeAsync("code", codeVerifier: "verifier", CancellationToken.None);

        _http.Calls.ShouldHaveSingleItem().Body.ShouldContain("&code_verifier=verifier&");
    }

    [Fact]
    public async Task Tokens_by_version_1()
    {
        _http.Answers(200, """{"access_token":"a","refresh_token":"r","expires_in":1800}""").Answers(200, """{"hub_id":62515}""").Answers(204);
        UseOldVersions();
        var oauth = _http.OAuth;

        await oauth.RefreshAsync(new("r"), CancellationToken.None);
        (await oauth.IntrospectAsync(new AccessToken("a"), CancellationToken.None)).Value.ShouldBe(new TokenInfo { Active = true, HubId = 62515 });
        await oauth.RevokeAsync(new("r"), CancellationToken.None);

        _http.Calls.Select(call => (call.Method, call.Path)).ShouldBe(
        [
            (HttpMethod.Post, "/oauth/v1/token"), (HttpMethod.Get, "/oauth/v1/access-tokens/a"), (HttpMethod.Delete, "/oauth/v1/refresh-tokens/r"),
        ]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"access_token":"","expires_in":1800}""")]
    [InlineData("""{"access_token":"a"}""")]
    [InlineData("""{"access_token":"a","expires_in":-5}""")]
    public async Task An_answer_without_a_usable_token_is_no_success(string body)
    {
        _http.Answers(200, body);

        (await _http.OAuth.RefreshAsync(new("r"), CancellationToken.None)).Succeeded.ShouldBeFalse();
    }

    private void UseOldVersions() =>
        (_http.Options.ApiVersions.OAuth, _http.Options.ApiVersions.Objects, _http.Options.ApiVersions.WorkflowIdMappings) = ("v1", "v3", "2026-09-beta");

    private void ShouldBeCall(HttpMethod method, string path, string body)
    {
        var call = _http.Calls.ShouldHaveSingleItem();
        (call.Method, call.Path).ShouldBe((method, path));
        JsonNode.DeepEquals(JsonNode.Parse(call.Body), JsonNode.Parse(body)).ShouldBeTrue(call.Body);
    }
}
