using System.Net;
using System.Text;
using System.Text.Json;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.EmulatorTests.Faults;

public sealed class FaultTests : EmulatorTest
{
    private const string Upsert = """{"id":"a@example.com","idProperty":"email","objectWriteTraceId":"1","properties":{"city":"Dublin"}}""";

    [Theory]
    [InlineData(null, "TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.", "groupName", "0")]
    [InlineData("SECONDLY", "SECONDLY", "You have reached your secondly limit.", "requestId", "110")]
    [InlineData("DAILY", "DAILY", "You have reached your daily limit.", "requestId", "110")]
    public async Task Rate_limited(string? policyName, string expectedPolicy, string message, string extra, string remaining)
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.RateLimited, PolicyName = policyName, RetryAfter = 7 });

        var answer = await UpsertAsync(Upsert);

        answer.ShouldBe(HttpStatusCode.TooManyRequests, $$"""
            {"status":"error","message":"{{message}}","errorType":"RATE_LIMIT","correlationId":"…","policyName":"{{expectedPolicy}}","{{extra}}":"…"}
            """);
        answer.Header("Retry-After").ShouldBe("7");
        answer.Header("X-HubSpot-RateLimit-Remaining").ShouldBe(remaining);
        Emulator.Contacts.ShouldBeEmpty();
        Emulator.Faults.Clear();
        (await UpsertAsync(Upsert)).Header("X-HubSpot-RateLimit-Remaining").ShouldBe("109", "What was refused does not count.");
    }

    [Theory]
    [InlineData(null, "1")]
    [InlineData(7, "7")]
    public async Task Rate_limited_on_the_token_endpoint(int? retryAfter, string expected)
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.RateLimited, RetryAfter = retryAfter, Match = new FaultMatch { Path = "/oauth/*/token" } });

        var answer = await PostFormAsync("/oauth/2026-09/token", ("grant_type", "refresh_token"));

        answer.ShouldBe(HttpStatusCode.TooManyRequests, """
            {"status":"error","message":"You have reached your rate limit.","errorType":"RATE_LIMIT","correlationId":"…","requestId":"…"}
            """);
        answer.Header("Retry-After").ShouldBe(expected);
        (await UpsertAsync(Upsert)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Rate_limited_without_retry_after()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.RateLimited });

        (await UpsertAsync(Upsert)).Header("Retry-After").ShouldBeNull();
    }

    [Fact]
    public async Task Locked()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Locked });
        (await UpsertAsync(Upsert)).ShouldBe(HttpStatusCode.Locked, """{"status":"error","message":"…","correlationId":"…"}""");
    }

    [Fact]
    public async Task Portal_migrating()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.PortalMigrating });

        var answer = await UpsertAsync(Upsert);

        answer.ShouldBe((HttpStatusCode)477, """
            {"status":"error","message":"The account is being migrated between data centers.","correlationId":"…"}
            """);
        answer.Header("Retry-After").ShouldBe("60");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(524)]
    public async Task Status(int status)
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status, Message = "Oh no", Category = "INTERNAL_ERROR" });

        (await UpsertAsync(Upsert)).ShouldBe(
            (HttpStatusCode)status, """{"status":"error","message":"Oh no","correlationId":"…","category":"INTERNAL_ERROR"}""");
    }

    [Fact]
    public async Task Status_with_a_body_of_its_own()
    {
        Emulator.Faults.Add(new Fault
        {
            Kind = FaultKind.Status,
            Status = 400,
            Body = JsonElement.Parse("""{"error":"invalid_client","status":"BAD_CLIENT_SECRET"}"""),
        });

        (await PostFormAsync("/oauth/v3/token")).ShouldBe(
            HttpStatusCode.BadRequest, """{"error":"invalid_client","status":"BAD_CLIENT_SECRET"}""");
    }

    [Fact]
    public async Task Html()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Html });

        var answer = await UpsertAsync(Upsert);

        answer.ShouldBe(HttpStatusCode.BadGateway);
        answer.ContentType.ShouldBe("text/html");
        answer.Body.ShouldStartWith("<!DOCTYPE html>");
    }

    [Fact]
    public async Task Unauthorized()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Unauthorized, Times = 1 });

        (await UpsertAsync(Upsert)).ShouldBe(HttpStatusCode.Unauthorized, """
            {"status":"error","message":"The OAuth token used to make this call expired 0 second(s) ago.",
             "correlationId":"…","category":"EXPIRED_AUTHENTICATION","context":{"expire time":["2026-09-10T12:00:00.000Z"]}}
            """);
        (await UpsertAsync(Upsert)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Latency_passes_and_then_the_call_goes_on()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Latency, Milliseconds = 250 });
        var call = UpsertAsync(Upsert);
        (await Clock.NextDelayAsync(Cancelled)).ShouldBe(TimeSpan.FromMilliseconds(250));
        Emulator.Contacts.ShouldBeEmpty();

        Clock.Advance(TimeSpan.FromMilliseconds(250));

        (await call).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Latency_of_the_settings_strikes_every_call()
    {
        Settings.LatencyMilliseconds = 250;
        var call = UpsertAsync(Upsert);
        (await Clock.NextDelayAsync(Cancelled)).ShouldBe(TimeSpan.FromMilliseconds(250));

        Clock.Advance(TimeSpan.FromMilliseconds(250));

        (await call).ShouldBe(HttpStatusCode.OK);
        while (Emulator.Calls.Count == 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        Emulator.Calls.ShouldHaveSingleItem().DurationMilliseconds.ShouldBe(250);
    }

    [Theory]
    [InlineData(FaultKind.Latency, FaultKind.Status)]
    [InlineData(FaultKind.Status, FaultKind.Latency)]
    [InlineData(FaultKind.Hold, FaultKind.Status)]
    [InlineData(FaultKind.Status, FaultKind.Hold)]
    public async Task A_delay_comes_before_a_fault_that_decides_in_whatever_order_they_were_added(FaultKind first, FaultKind second)
    {
        var added = new[] { first, second }.Select(kind => Emulator.Faults.Add(new Fault { Kind = kind, Milliseconds = 250 })).ToList();
        var (delay, status) = first == FaultKind.Status ? (added[1], added[0]) : (added[0], added[1]);

        var call = UpsertAsync(Upsert);
        await delay.WhenHitAsync(cancellationToken: Cancelled);
        status.Hits.ShouldBe(0);
        if (delay.Fault.Kind == FaultKind.Latency) await Clock.NextDelayAsync(Cancelled);
        Clock.Advance(TimeSpan.FromMilliseconds(250));
        Emulator.Faults.Remove(delay.Id);

        (await call).ShouldBe(HttpStatusCode.InternalServerError);
        (delay.Hits, status.Hits).ShouldBe((1, 1));
    }

    [Theory]
    [InlineData(FaultKind.Hold, FaultKind.Status)]
    [InlineData(FaultKind.Status, FaultKind.Hold)]
    public async Task What_is_switched_off_while_a_call_is_held_does_not_strike_it(FaultKind first, FaultKind second)
    {
        var added = new[] { first, second }.Select(kind => Emulator.Faults.Add(new Fault { Kind = kind })).ToList();
        var call = UpsertAsync(Upsert);
        await added.Single(fault => fault.Fault.Kind == FaultKind.Hold).WhenHitAsync(cancellationToken: Cancelled);

        Emulator.Faults.Clear();

        (await call).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public async Task A_status_that_has_no_body_has_none(int status)
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Status, Status = status });

        var answer = await UpsertAsync(Upsert);

        answer.ShouldBe((HttpStatusCode)status);
        answer.Body.ShouldBeEmpty();
    }

    [Fact]
    public async Task Reset_cuts_the_connection_before_anything_is_done()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Reset });

        await Should.ThrowAsync<HttpRequestException>(() => UpsertAsync(Upsert));
        Emulator.Contacts.ShouldBeEmpty();
        Emulator.Calls.ShouldHaveSingleItem().Status.ShouldBeNull();
    }

    [Fact]
    public async Task Answer_lost_cuts_the_connection_after_all_is_done()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.AnswerLost, Times = 1 });

        await Should.ThrowAsync<HttpRequestException>(() => UpsertAsync(Upsert));
        Emulator.Contacts.ShouldHaveSingleItem();
        (await UpsertAsync(Upsert)).Json["results"]![0]!["new"]!.GetValue<bool>().ShouldBeFalse();
    }

    [Fact]
    public async Task Answer_lost_of_an_answer_without_a_body()
    {
        AddContact("a@example.com");
        Emulator.Faults.Add(new Fault { Kind = FaultKind.AnswerLost });

        await Should.ThrowAsync<HttpRequestException>(() => PostAsync("/automation/v2/workflows/1001/enrollments/contacts/a@example.com"));
        Emulator.Enrollments.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Truncated_cuts_the_connection_in_the_middle_of_the_answer()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Truncated });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/crm/objects/2026-03/contacts/batch/upsert")
        {
            Content = new StringContent($$"""{"inputs":[{{Upsert}}]}""", Encoding.UTF8, "application/json"),
        };

        using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Should.ThrowAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync(Cancelled));
        Emulator.Contacts.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Empty_success_does_nothing_and_says_nothing()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.EmptySuccess });

        (await UpsertAsync(Upsert)).ShouldBe(
            HttpStatusCode.OK, """{"status":"COMPLETE","results":[],"startedAt":"…","completedAt":"…"}""");
        var single = await PostAsync("/crm/objects/2026-03/contacts", """{"properties":{"email":"a@example.com"}}""");
        single.ShouldBe(HttpStatusCode.OK);
        single.Body.ShouldBeEmpty();
        Emulator.Contacts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Batch_conflict()
    {
        Emulator.Faults.Add(new Fault { Kind = FaultKind.BatchConflict, Message = "Contact already exists. Existing ID: 171591000198" });

        (await UpsertAsync(Upsert)).ShouldBe(HttpStatusCode.Conflict, """
            {"status":"error","message":"Contact already exists. Existing ID: 171591000198","correlationId":"…","category":"CONFLICT"}
            """);
    }

    [Fact]
    public async Task Hold_forces_the_order_of_calls()
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.Hold, Match = new FaultMatch { BodyContains = "Dublin" } });
        var first = UpsertAsync(Upsert);
        await hold.WhenHitAsync(cancellationToken: Cancelled);

        await UpsertAsync(Upsert.Replace("Dublin", "Cork", StringComparison.Ordinal));
        Emulator.Contacts.Single().Properties["city"].ShouldBe("Cork");

        (await DeleteAsync($"/emulator/faults/{hold.Id}")).ShouldBe(HttpStatusCode.NoContent);
        (await first).ShouldBe(HttpStatusCode.OK);
        Emulator.Contacts.Single().Properties["city"].ShouldBe("Dublin");
    }

    [Fact]
    public async Task A_held_call_lands_even_if_its_caller_hung_up()
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.Hold });
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        using var body = new StringContent($$"""{"inputs":[{{Upsert}}]}""", Encoding.UTF8, "application/json");
        var call = Client.PostAsync(new Uri("/crm/objects/2026-03/contacts/batch/upsert", UriKind.Relative), body, impatience.Token);
        await hold.WhenHitAsync(cancellationToken: Cancelled);
        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        Emulator.Contacts.ShouldBeEmpty();

        Emulator.Faults.Remove(hold.Id);

        while (Emulator.Calls.Count == 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        Emulator.Contacts.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_held_call_that_is_cut_off_is_not_carried_out()
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.Hold });
        var call = UpsertAsync(Upsert);
        await hold.WhenHitAsync(cancellationToken: Cancelled);

        var reset = Emulator.Faults.Add(new Fault { Kind = FaultKind.Reset });
        call.IsCompleted.ShouldBeFalse();
        Emulator.Faults.Remove(hold.Id);

        await Should.ThrowAsync<HttpRequestException>(() => call);
        reset.Hits.ShouldBe(1);
        Emulator.Contacts.ShouldBeEmpty();
        Emulator.Calls.ShouldHaveSingleItem().Status.ShouldBeNull();
    }

    [Fact]
    public async Task A_held_answer_comes_when_the_fault_is_removed_and_all_is_done_before()
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.HoldAnswer });

        var call = UpsertAsync(Upsert);
        await hold.WhenHitAsync(cancellationToken: Cancelled);
        Emulator.Contacts.ShouldHaveSingleItem();
        call.IsCompleted.ShouldBeFalse();
        Emulator.Faults.Remove(hold.Id);

        (await call).Json["results"]![0]!["properties"]!["city"]!.GetValue<string>().ShouldBe("Dublin");
        hold.Hits.ShouldBe(1);
    }

    [Fact]
    public async Task A_held_answer_is_the_one_that_would_have_come_at_once()
    {
        AddContact("a@example.com");
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.HoldAnswer });

        var empty = PostAsync("/automation/v2/workflows/1001/enrollments/contacts/a@example.com");
        var refusal = GetAsync("/crm/objects/2026-03/contacts/unknown");
        await hold.WhenHitAsync(2, Cancelled);
        Emulator.Faults.Clear();

        (await empty).ShouldBe(HttpStatusCode.NoContent);
        (await refusal).ShouldBe(HttpStatusCode.NotFound);
        (await refusal).Json["message"].ShouldNotBeNull();
    }

    [Fact]
    public async Task A_held_answer_ends_with_a_caller_who_hangs_up_after_a_rotated_refresh_token_is_dead()
    {
        Settings.RotateRefreshTokens = true;
        var token = Emulator.Grant(PortalId).RefreshToken;
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.HoldAnswer, Times = 1 });
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var call = RefreshAsync(impatience.Token);
        await hold.WhenHitAsync(cancellationToken: Cancelled);

        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);

        while (Emulator.Calls.Count == 0) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        Emulator.Calls.ShouldHaveSingleItem().Status.ShouldBeNull();
        using var again = await RefreshAsync(Cancelled);
        again.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        async Task<HttpResponseMessage> RefreshAsync(CancellationToken cancellationToken)
        {
            using var form = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["client_id"] = ClientId,
                ["client_secret"] = ClientSecret,
                ["refresh_token"] = token,
            });
            return await Client.PostAsync(new Uri("/oauth/2026-09/token", UriKind.Relative), form, cancellationToken);
        }
    }

    [Theory]
    [InlineData(FaultKind.Hold, 0)]
    [InlineData(FaultKind.HoldAnswer, 1)]
    public async Task A_reset_cuts_off_what_is_held(FaultKind kind, int enrollments)
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = kind });
        AddContact("a@example.com");
        var call = PostAsync("/automation/v2/workflows/1001/enrollments/contacts/a@example.com");
        await hold.WhenHitAsync(cancellationToken: Cancelled);
        Emulator.Enrollments.Count.ShouldBe(enrollments);

        Emulator.Reset();

        await Should.ThrowAsync<HttpRequestException>(() => call);
        Emulator.Enrollments.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_is_held_as_often_as_was_told_even_of_calls_at_once()
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.HoldAnswer, Times = 1 });

        var calls = Enumerable.Range(0, 4).Select(_ => GetAsync("/crm/objects/2026-03/contacts/unknown")).ToList();
        await hold.WhenHitAsync(cancellationToken: Cancelled);
        (await Task.WhenEach(calls).Take(3).CountAsync(Cancelled)).ShouldBe(3);

        calls.Count(call => !call.IsCompleted).ShouldBe(1);
        hold.Hits.ShouldBe(1);
        Emulator.Faults.Clear();
        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task A_fault_strikes_as_often_as_it_was_told_after_letting_some_through()
    {
        var fault = Emulator.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 500, Skip = 1, Times = 2 });

        var statuses = new List<HttpStatusCode>();
        for (var call = 0; call < 5; call++) statuses.Add((await UpsertAsync(Upsert)).Status);

        statuses.ShouldBe([HttpStatusCode.OK, HttpStatusCode.InternalServerError, HttpStatusCode.InternalServerError, HttpStatusCode.OK, HttpStatusCode.OK]);
        fault.Hits.ShouldBe(2);
    }

    [Theory]
    [InlineData("POST", "/crm/*/batch/upsert", "Dublin", 1234567L, true)]
    [InlineData("post", "*", null, null, true)]
    [InlineData(null, "*/BATCH/*", null, null, true)]
    [InlineData("GET", null, null, null, false)]
    [InlineData(null, "/crm/*/batch", null, null, false)]
    [InlineData(null, "/automation/*", null, null, false)]
    [InlineData(null, "*/batch%2Fupsert", null, null, false)]
    [InlineData(null, null, "Cork", null, false)]
    [InlineData(null, null, null, 7654321L, false)]
    public async Task A_fault_strikes_the_calls_that_agree_with_all_it_names(
        string? method, string? path, string? bodyContains, long? portalId, bool strikes)
    {
        var match = new FaultMatch { Method = method, Path = path, BodyContains = bodyContains, PortalId = portalId };
        Emulator.Faults.Add(new Fault { Kind = FaultKind.Locked, Match = match });

        (await UpsertAsync(Upsert)).ShouldBe(strikes ? HttpStatusCode.Locked : HttpStatusCode.OK);
    }

    [Fact]
    public async Task Faults_are_driven_over_http()
    {
        var added = await PostAsync("/emulator/faults", """
            {"kind":"rateLimited","retryAfter":2,"policyName":"DAILY","match":{"method":"POST","path":"/crm/*","bodyContains":"a@example.com"},"times":2,"skip":0}
            """);
        added.ShouldBe(HttpStatusCode.Created, """
            {"id":"1","hits":0,"kind":"rateLimited","retryAfter":2,"policyName":"DAILY",
             "match":{"method":"POST","path":"/crm/*","bodyContains":"a@example.com"},"times":2,"skip":0}
            """);
        (await UpsertAsync(Upsert)).ShouldBe(HttpStatusCode.TooManyRequests);
        (await GetAsync("/emulator/faults")).Json[0]!["hits"]!.GetValue<int>().ShouldBe(1);

        (await DeleteAsync("/emulator/faults/1")).ShouldBe(HttpStatusCode.NoContent);
        (await DeleteAsync("/emulator/faults/1")).ShouldBe(HttpStatusCode.NotFound);
        await PostAsync("/emulator/faults", """{"kind":"reset"}""");
        (await DeleteAsync("/emulator/faults")).ShouldBe(HttpStatusCode.NoContent);
        (await UpsertAsync(Upsert)).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"kind":"earthquake"}""")]
    [InlineData("""{"times":1}""")]
    [InlineData("""{"kind":"reset","tims":1}""")]
    [InlineData("""{"kind":"status","status":199}""")]
    [InlineData("""{"kind":"status","status":600}""")]
    [InlineData("""{"kind":"reset","times":-1}""")]
    [InlineData("""{"kind":"reset","skip":-1}""")]
    [InlineData("""{"kind":"latency","milliseconds":-1}""")]
    [InlineData("""{"kind":"rateLimited","retryAfter":-1}""")]
    [InlineData("null")]
    [InlineData("reset")]
    public async Task A_fault_that_makes_no_sense_is_refused(string json) =>
        (await PostAsync("/emulator/faults", json)).ShouldBe(HttpStatusCode.BadRequest);

    [Theory]
    [InlineData(FaultKind.Hold)]
    [InlineData(FaultKind.HoldAnswer)]
    public async Task Stopping_sets_held_calls_free(FaultKind kind)
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = kind });
        var call = UpsertAsync(Upsert);
        await hold.WhenHitAsync(cancellationToken: Cancelled);

        await Emulator.DisposeAsync();

        await Should.ThrowAsync<HttpRequestException>(() => call);
    }
}
