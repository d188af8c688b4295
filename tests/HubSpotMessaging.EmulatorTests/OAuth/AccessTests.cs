using System.Net;
using System.Net.Http.Headers;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.EmulatorTests.OAuth;

public sealed class AccessTests : EmulatorTest
{
    private const string Contact = "/crm/objects/2026-09/contacts/1";

    [Fact]
    public async Task An_access_token_expires()
    {
        Clock.Advance(TimeSpan.FromSeconds(1799));
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.NotFound);
        Clock.Advance(TimeSpan.FromSeconds(1));

        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.Unauthorized, """
            {"status":"error","message":"The OAuth token used to make this call expired 0 second(s) ago.",
             "correlationId":"…","category":"EXPIRED_AUTHENTICATION",
             "context":{"expire time":["2026-09-10T12:30:00.000Z"]}}
            """);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("garbage")]
    public async Task An_unknown_token_is_no_credential(string? token)
    {
        Client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.Unauthorized, """
            {"status":"error","message":"Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
             "correlationId":"…","category":"INVALID_AUTHENTICATION"}
            """);
    }

    [Fact]
    public async Task An_uninstallation_ends_access_and_an_expiry_can_be_forced()
    {
        Emulator.ExpireAccessTokens(PortalId);
        (await GetAsync(Contact)).Json["category"]!.GetValue<string>().ShouldBe("EXPIRED_AUTHENTICATION");
        Emulator.Revoke(PortalId);
        (await GetAsync(Contact)).Json["category"]!.GetValue<string>().ShouldBe("INVALID_AUTHENTICATION");
    }

    [Fact]
    public async Task A_call_is_judged_by_its_token_as_it_is_after_the_delays()
    {
        foreach (var (die, category) in new (Action, string)[]
        {
            (() => Emulator.ExpireAccessTokens(PortalId), "EXPIRED_AUTHENTICATION"),
            (() => Emulator.Revoke(PortalId), "INVALID_AUTHENTICATION"),
        })
        {
            ConnectAs(PortalId);
            var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.Hold });
            var call = GetAsync(Contact);
            await hold.WhenHitAsync(cancellationToken: Cancelled);

            die();
            Emulator.Faults.Clear();

            var answer = await call;
            answer.ShouldBe(HttpStatusCode.Unauthorized);
            answer.Json["category"]!.GetValue<string>().ShouldBe(category);
        }
    }

    [Fact]
    public async Task A_missing_scope_is_named()
    {
        ConnectAs(PortalId, "oauth", "crm.objects.contacts.read");

        (await PostAsync("/crm/objects/2026-09/contacts", """{"properties":{}}""")).ShouldBe(HttpStatusCode.Forbidden, """
            { "status": "error",
              "message": "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
              "correlationId": "…",
              "errors": [ { "message": "One or more of the following scopes are required.",
                            "context": { "requiredGranularScopes": ["crm.objects.contacts.write"] } } ],
              "links": { "scopes": "https://developers.hubspot.com/scopes" }, "category": "MISSING_SCOPES" }
            """);
    }

    [Theory]
    [InlineData("POST", "/crm/v3/objects/contacts/batch/read", "crm.objects.contacts.read", 400)]
    [InlineData("POST", "/crm/v3/objects/contacts/batch/upsert", "crm.objects.contacts.write", 400)]
    [InlineData("POST", "/automation/v2/workflows/1001/enrollments/contacts/a@example.com", "automation", 404)]
    [InlineData("POST", "/automation/v4/workflow-id-mappings/batch/read", "automation", 400)]
    [InlineData("POST", "/integrators/timeline/v3/events", "timeline", 400)]
    [InlineData("POST", "/integrators/timeline/v3/events", "timeline.write", 400)]
    [InlineData("POST", "/integrators/timeline/2026-09/events/batch", "timeline", 400)]
    public async Task Every_family_has_its_scope(string method, string path, string scope, int status)
    {
        ConnectAs(PortalId, "oauth");
        using var without = await Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancelled);
        without.StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        ConnectAs(PortalId, scope);
        using var with = await Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancelled);
        ((int)with.StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task Every_answer_has_a_correlation_id_in_header_and_body()
    {
        var answer = await GetAsync(Contact);

        Guid.TryParse(answer.Header("X-HubSpot-Correlation-Id"), out _).ShouldBeTrue();
        answer.Json["correlationId"]!.GetValue<string>().ShouldBe(answer.Header("X-HubSpot-Correlation-Id"));
    }

    [Fact]
    public async Task Accounts_do_not_see_each_others_contacts()
    {
        var contact = AddContact("ada@example.com", portalId: OtherPortalId);

        (await GetAsync($"/crm/objects/2026-09/contacts/{contact.Id}")).ShouldBe(HttpStatusCode.NotFound);
        ConnectAs(OtherPortalId);
        (await GetAsync($"/crm/objects/2026-09/contacts/{contact.Id}")).ShouldBe(HttpStatusCode.OK);
    }
}
