using System.Net;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.EmulatorTests.Limits;

public sealed class RateLimitTests : EmulatorTest
{
    private const string Contact = "/crm/objects/2026-09/contacts/1";

    [Fact]
    public async Task Every_answer_of_the_api_tells_the_limit()
    {
        await GetAsync(Contact);
        var answer = await GetAsync(Contact);

        answer.Header("X-HubSpot-RateLimit-Max").ShouldBe("110");
        answer.Header("X-HubSpot-RateLimit-Remaining").ShouldBe("108");
        answer.Header("X-HubSpot-RateLimit-Interval-Milliseconds").ShouldBe("10000");
        answer.Header("X-HubSpot-RateLimit-Daily").ShouldBeNull();
    }

    [Fact]
    public async Task Oauth_calls_and_unknown_callers_are_not_limited()
    {
        Settings.RateLimit = 1;
        await GetAsync(Contact);
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.TooManyRequests);

        var token = await PostFormAsync(
            "/oauth/v3/token",
            ("grant_type", "refresh_token"), ("client_id", ClientId), ("client_secret", ClientSecret),
            ("refresh_token", Emulator.Grant(PortalId).RefreshToken));
        token.ShouldBe(HttpStatusCode.OK);
        token.Header("X-HubSpot-RateLimit-Max").ShouldBeNull();

        Client.DefaultRequestHeaders.Authorization = null;
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_call_too_many_is_refused_with_the_policy()
    {
        Settings.RateLimit = 1;
        await GetAsync(Contact);

        var answer = await GetAsync(Contact);

        answer.ShouldBe(HttpStatusCode.TooManyRequests, """
            {"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT",
             "correlationId":"…","policyName":"TEN_SECONDLY_ROLLING","groupName":"…"}
            """);
        answer.Header("X-HubSpot-RateLimit-Remaining").ShouldBe("0");
        answer.Header("Retry-After").ShouldBeNull();
    }

    [Fact]
    public async Task A_call_that_a_fault_decides_counts_and_is_never_refused_by_the_limit()
    {
        Settings.RateLimit = 1;
        var fault = Emulator.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Times = 2 });

        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.TooManyRequests);
        fault.Hits.ShouldBe(2);
    }

    [Fact]
    public async Task A_call_whose_answer_is_lost_is_carried_out_whatever_the_limit()
    {
        Settings.RateLimit = 0;
        Emulator.Faults.Add(new Fault { Kind = FaultKind.AnswerLost });

        await Should.ThrowAsync<HttpRequestException>(() => UpsertAsync("""{"id":"a@example.com","idProperty":"email","properties":{}}"""));

        Emulator.Contacts.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_window_rolls()
    {
        Settings.RateLimit = 2;
        await GetAsync(Contact);
        Clock.Advance(TimeSpan.FromSeconds(6));
        await GetAsync(Contact);
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.TooManyRequests);

        Clock.Advance(TimeSpan.FromMilliseconds(3999));
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.TooManyRequests);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.NotFound);
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Accounts_are_limited_apart()
    {
        Settings.RateLimit = 1;
        await GetAsync(Contact);
        ConnectAs(PortalId);
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.TooManyRequests);
        ConnectAs(OtherPortalId);
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Of_simultaneous_calls_exactly_the_limit_gets_through()
    {
        var answers = await AtOnceAsync(Enumerable.Repeat(() => GetAsync(Contact), 130));

        answers.Count(answer => answer.Status == HttpStatusCode.NotFound).ShouldBe(110);
        answers.Count(answer => answer.Status == HttpStatusCode.TooManyRequests).ShouldBe(20);
    }

    [Fact]
    public async Task The_day_ends_at_midnight_in_the_accounts_time_zone()
    {
        Settings.DailyLimit = 1;
        Emulator.Put(new Account { PortalId = PortalId, Name = "Example Ltd", TimeZone = "America/New_York" });
        await GetAsync(Contact);

        var refused = await GetAsync(Contact);

        refused.ShouldBe(HttpStatusCode.TooManyRequests, """
            {"status":"error","message":"You have reached your daily limit.","errorType":"RATE_LIMIT",
             "correlationId":"…","policyName":"DAILY","requestId":"…"}
            """);
        refused.Header("X-HubSpot-RateLimit-Remaining").ShouldBe("109");

        // Noon in UTC is 8 a.m. in New York.
        Clock.Advance(TimeSpan.FromHours(16) - TimeSpan.FromSeconds(1));
        ConnectAs(PortalId);
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.TooManyRequests);
        Clock.Advance(TimeSpan.FromSeconds(1));
        (await GetAsync(Contact)).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task No_limit_tells_none()
    {
        Settings.RateLimit = null;
        (await GetAsync(Contact)).Header("X-HubSpot-RateLimit-Max").ShouldBeNull();
    }
}
