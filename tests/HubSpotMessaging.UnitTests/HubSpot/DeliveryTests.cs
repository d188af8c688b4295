using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Delivery.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Enrollments;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using static Microsoft.Extensions.Options.Options;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>What is sent again, after how long, and when it ends.</summary>
public sealed class DeliveryTests
{
    private const string Written = """{"results":[{"id":"51","new":true,"properties":{"email":"ada@example.com"}}]}""";

    private readonly StubHttp _http = new();

    public static TheoryData<int, string, string?, int> Waits => new()
    {
        { 423, "{}", "0", 2_000 },
        { 423, "{}", null, 2_000 },
        { 503, "", "5", 5_000 },
        { 503, "", null, 750 },
    };

    [Theory]
    [MemberData(nameof(Waits))]
    public async Task HubSpots_wish_to_wait_is_obeyed(int status, string body, string? retryAfter, int milliseconds)
    {
        _http.Answers(status, body, headers: retryAfter is null ? [] : [("Retry-After", retryAfter)]).Answers(200, Written);
        var started = _http.Time.GetUtcNow();

        await _http.PassTimeUntil(WriteAsync());

        (_http.Time.GetUtcNow() - started).TotalMilliseconds.ShouldBeInRange(milliseconds, milliseconds + 1_500);
    }

    [Theory]
    [InlineData(423, "{}")]
    [InlineData(503, "")]
    [InlineData(401, "{}")]
    public async Task What_does_not_pass_within_a_minute_is_postponed_and_not_refused(int status, string body)
    {
        for (var time = 0; time < 100; time++)
            _http.Answers(status, body);
        var started = _http.Time.GetUtcNow();

        await Should.ThrowAsync<DeliveryPostponedException>(() => _http.PassTimeUntil(WriteAsync()));

        (_http.Time.GetUtcNow() - started).ShouldBeInRange(HubSpotCaller.Limit, HubSpotCaller.Limit + TimeSpan.FromSeconds(1));
        _http.Calls.Count.ShouldBeLessThan(15);
    }

    [Theory]
    [InlineData(429, """{"policyName":"daily"}""", null, "DailyLimit")]
    [InlineData(429, """{"policyName":"TEN_SECONDLY_ROLLING"}""", "60", "RateLimited")]
    [InlineData(477, "{}", "86400", "PortalMigrating")]
    [InlineData(503, "", "600", "HubSpotUnavailable")]
    public async Task What_concerns_everybody_pauses_the_line_at_once(int status, string body, string? retryAfter, string reason)
    {
        _http.Answers(status, body, headers: retryAfter is null ? [] : [("Retry-After", retryAfter)]);

        await Should.ThrowAsync<DeliveryPostponedException>(WriteAsync);

        _http.Outages.Paused.ShouldBe([reason]);
        _http.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_full_window_is_the_quotas_affair_and_the_next_permit_is_used_at_once()
    {
        _http.Answers(429, """{"policyName":"TEN_SECONDLY_ROLLING"}""", headers: ("Retry-After", "7")).Answers(200, Written);
        var started = _http.Time.GetUtcNow();

        await WriteAsync();

        _http.Time.GetUtcNow().ShouldBe(started);
        _http.Quota.Given.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_missing_scope_is_not_waited_for_since_no_wait_brings_it()
    {
        _http.Answers(403, """{"category":"MISSING_SCOPES","errors":[{"message":"One of them","context":{"requiredGranularScopes":["automation"]}}]}""");
        var started = _http.Time.GetUtcNow();

        var postponed = await Should.ThrowAsync<DeliveryPostponedException>(WriteAsync);

        postponed.Kind.ShouldBe(AnswerKind.MissingScopes);
        postponed.Problem!.ContextValues("requiredGranularScopes").ShouldBe(["automation"]);
        _http.Time.GetUtcNow().ShouldBe(started);
    }

    [Fact]
    public async Task Without_a_token_nothing_is_sent()
    {
        _http.Tokens.Missing = new("nobody has connected it");
        var writing = WriteAsync();
        await Task.Yield();
        _http.Tokens.Missing = null;
        _http.Answers(200, Written);

        (await _http.PassTimeUntil(writing)).ContactId.ShouldBe("51");

        _http.Calls.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_has_been_sent_is_finished_and_what_waits_is_cancelled()
    {
        using var pause = new CancellationTokenSource();
        _http.Answers(503).Answers(200, Written);
        var waiting = _http.Writer().WriteAsync(Ada(), Lane.Interactive, pause.Token);
        while (_http.Calls.Count == 0)
            await Task.Yield();
        await pause.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);

        using var secondPause = new CancellationTokenSource();
        _http.WhenCalled = secondPause.Cancel;
        (await _http.Writer().WriteAsync(Ada(), Lane.Interactive, secondPause.Token)).ContactId.ShouldBe("51");
    }

    [Fact]
    public async Task A_contact_that_appeared_meanwhile_is_updated()
    {
        _http.Answers(409, """{"category":"CONFLICT","message":"Contact already exists. Existing ID: 51"}""").Answers(200, Written);

        (await WriteAsync()).ContactId.ShouldBe("51");
    }

    [Fact]
    public async Task A_conflict_that_stays_is_a_refusal_with_HubSpots_words()
    {
        for (var time = 0; time < 3; time++)
            _http.Answers(207, """{"results":[],"errors":[{"category":"CONFLICT","message":"Contact already exists. Existing ID: 51","context":{"ids":["ada@example.com"]}}]}""");

        var refused = await Should.ThrowAsync<DeliveryRefusedException>(WriteAsync);

        refused.Category.ShouldBe("CONFLICT");
        refused.Problem.Message.ShouldContain("Existing ID: 51");
    }

    [Fact]
    public async Task Nulls_clear_and_the_identity_stands_among_the_properties()
    {
        _http.Answers(200, Written);

        await _http.Writer().WriteAsync(
            Ada(new() { ["Email"] = " ADA@example.com", ["phone"] = null }), Lane.Interactive, CancellationToken.None);

        _http.Calls.ShouldHaveSingleItem().Body.ShouldContain("\"properties\":{\"email\":\"ada@example.com\",\"phone\":\"\"}");
    }

    [Fact]
    public async Task An_exception_does_not_repeat_HubSpots_words()
    {
        _http.Answers(400, """{"category":"VALIDATION_ERROR","message":"ada@example.com is invalid","correlationId":"c-1"}""");

        var refused = await Should.ThrowAsync<DeliveryRefusedException>(WriteAsync);

        refused.ToString().ShouldNotContain("ada@");
        refused.Message.ShouldContain("VALIDATION_ERROR");
        refused.Message.ShouldContain("c-1");
        refused.Problem.Message.ShouldBe("ada@example.com is invalid");
    }

    [Fact]
    public async Task An_enrolment_without_an_answer_is_done_when_the_contact_is_in_the_workflow()
    {
        _http.Throws(new HttpRequestException(HttpRequestError.ResponseEnded)).Answers(200, """[{"id":1001}]""");
        var enroller = Enroller();

        await enroller.EnrollAsync("key", "ada@example.com", new("51", "1001"), Lane.Bulk, CancellationToken.None);

        (await enroller.RecallAsync("key", Lane.Bulk, CancellationToken.None)).ShouldBe(new("51", "1001"));
        _http.Calls.Select(call => call.Method).ShouldBe([HttpMethod.Post, HttpMethod.Get]);
        _http.Quota.Given.ShouldAllBe(demand => demand.Lane == Lane.Bulk); // What is not urgent keeps nobody waiting who is.
    }

    [Theory]
    [InlineData("""[{"id":1001}]""", false)]
    [InlineData("[]", true)]
    public async Task An_enrolment_without_an_answer_is_looked_up_when_it_cannot_land_any_more_and_never_repeated(string current, bool isRefused)
    {
        _http.Throws(new HttpRequestException(HttpRequestError.ResponseEnded)).Answers(200, "[]").Answers(200, current);
        var enroller = Enroller();

        var waits = await Should.ThrowAsync<DeliveryMustWaitException>(() => enroller.EnrollAsync("key", "ada@example.com", new("51", "1001"), Lane.Interactive, CancellationToken.None));
        waits.Refusal.ShouldBeNull();
        (await Should.ThrowAsync<DeliveryMustWaitException>(() => enroller.RecallAsync("key", Lane.Interactive, CancellationToken.None))).Refusal.ShouldBeNull();
        _http.Calls.Select(call => call.Method).ShouldBe([HttpMethod.Post, HttpMethod.Get]);

        _http.Time.Advance(waits.EndsWithin!.Value);
        if (isRefused)
            (await Should.ThrowAsync<DeliveryRefusedException>(() => enroller.RecallAsync("key", Lane.Interactive, CancellationToken.None))).Category.ShouldBe(RefusalCategories.OutcomeUnknown);
        else
            (await enroller.RecallAsync("key", Lane.Interactive, CancellationToken.None)).ShouldBe(new("51", "1001"));
        _http.Calls.Select(call => call.Method).ShouldBe([HttpMethod.Post, HttpMethod.Get, HttpMethod.Get]);
    }

    [Fact]
    public async Task What_HubSpot_fails_at_again_and_again_waits_while_it_does_everything_else()
    {
        for (var time = 0; time < 3; time++)
            _http.Answers(500, """{"category":"INTERNAL_ERROR","message":"oops"}""");

        (await Should.ThrowAsync<DeliveryMustWaitException>(() => _http.PassTimeUntil(WriteAsync()))).Refusal!.Category.ShouldBe("INTERNAL_ERROR");

        _http.Calls.Count.ShouldBe(3);
        _http.Guard.Settled.ShouldHaveSingleItem().Settlement.ShouldBeOfType<Settlement.Unknown>(); // It comes again.
        _http.Outages.Failures.ShouldBe(0); // Whether HubSpot is down was asked, and is no more.
    }

    [Fact]
    public async Task What_HubSpot_fails_at_waits_while_it_fails_at_everything()
    {
        for (var time = 0; time < 3; time++)
            _http.Answers(500, """{"category":"INTERNAL_ERROR","message":"oops"}""");
        _http.Outages.IsAlive = false;

        await Should.ThrowAsync<DeliveryPostponedException>(() => _http.PassTimeUntil(Enroller().FindContactAsync("ada@example.com", Lane.Interactive, CancellationToken.None)));
        _http.Quota.Returned.Count.ShouldBe(1); // That of the question, which nobody asked here.
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)] // Of a gateway: HubSpot's own has a correlation id.
    public async Task An_enrolment_at_which_HubSpot_fails_is_a_sign_that_it_is_down_which_no_answer_to_a_question_takes_back(int status)
    {
        _http.Answers(status, "{}").Answers(200, "[]");

        await Should.ThrowAsync<DeliveryMustWaitException>(() => Enroller().EnrollAsync("key", "ada@example.com", new("51", "1001"), Lane.Interactive, CancellationToken.None));

        _http.Outages.Signs.ShouldBe([Sign.Down, Sign.None]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_what_was_not_done_no_record_stays_however_long_Redis_is_away(bool isWritingDown)
    {
        var records = new StubRecords(_http.Time) { GoesAtBeginning = isWritingDown };
        _http.Answers(400, """{"category":"VALIDATION_ERROR","message":"no"}""");
        if (!isWritingDown)
            _http.WhenCalled = () => records.IsAway = true;
        var enroller = Enroller(records);

        var enrolling = _http.PassTimeUntil(EnrollAsync());
        if (isWritingDown)
            await Should.ThrowAsync<RedisConnectionException>(() => enrolling);
        else
            (await Should.ThrowAsync<DeliveryRefusedException>(() => enrolling)).Category.ShouldBe("VALIDATION_ERROR");
        _http.Time.Advance(TimeSpan.FromMinutes(10));
        (await records.ReadAsync("key")).ShouldNotBeNull();
        records.IsAway = false;

        await _http.PassTimeUntil(records.Forgotten);
        (await records.ReadAsync("key")).ShouldBeNull();

        async Task<bool> EnrollAsync()
        {
            await enroller.EnrollAsync("key", "ada@example.com", new("51", "1001"), Lane.Interactive, CancellationToken.None);
            return true;
        }
    }

    [Fact]
    public async Task What_Redis_is_told_not_to_have_been_done_while_HubSpot_is_asked_is_done_again()
    {
        var records = new StubRecords(_http.Time);
        await records.BeginAsync("key", "attempt", new("51", "1001"), TimeSpan.Zero);
        _http.Answers(200, "[]").WhenCalled = () => _ = records.ForgetAsync("key", "attempt");

        (await Enroller(records).RecallAsync("key", Lane.Interactive, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task An_enrolment_that_HubSpot_was_not_able_to_handle_is_sent_again()
    {
        _http.Answers(503, """{"correlationId":"c"}""").Answers(204, "");

        await _http.PassTimeUntil(EnrollAsync());

        _http.Outages.Signs.ShouldBe([Sign.Down, Sign.Up]);

        async Task<bool> EnrollAsync()
        {
            await Enroller().EnrollAsync("key", "ada@example.com", new("51", "1001"), Lane.Interactive, CancellationToken.None);
            return true;
        }
    }

    [Fact]
    public async Task An_enrolment_whose_answer_says_nothing_is_looked_up_at_once_and_ends_when_that_proves_nothing()
    {
        _http.Answers(200, "<html>", "text/html").Answers(200, "[]");

        (await Should.ThrowAsync<DeliveryRefusedException>(() => Enroller().EnrollAsync("key", "ada@example.com", new("51", "1001"), Lane.Interactive, CancellationToken.None)))
            .Category.ShouldBe(RefusalCategories.OutcomeUnknown);
    }

    [Fact]
    public async Task What_was_enrolled_is_not_judged_by_a_list_that_cannot_be_read()
    {
        _http.Throws(new HttpRequestException(HttpRequestError.ResponseEnded)).Answers(200, "[]");
        var enroller = Enroller();
        var waits = await Should.ThrowAsync<DeliveryMustWaitException>(() => enroller.EnrollAsync("key", "ada@example.com", new("51", "1001"), Lane.Interactive, CancellationToken.None));
        _http.Time.Advance(waits.EndsWithin!.Value);
        for (var time = 0; time < 3; time++)
            _http.Answers(500, """{"category":"INTERNAL_ERROR","message":"oops"}""");

        (await Should.ThrowAsync<DeliveryMustWaitException>(() => _http.PassTimeUntil(enroller.RecallAsync("key", Lane.Interactive, CancellationToken.None)))).Refusal!.Category.ShouldBe("INTERNAL_ERROR");
    }

    [Fact]
    public async Task A_request_that_was_not_allowed_any_more_is_sent_with_the_next_permit_and_says_nothing_of_HubSpot()
    {
        _http.Throws(new NotSentException()).Answers(200, Written);

        (await _http.PassTimeUntil(WriteAsync())).ContactId.ShouldBe("51");

        _http.Outages.Failures.ShouldBe(0);
    }

    [Fact]
    public async Task A_contact_that_is_not_there_is_waited_for()
    {
        _http.Answers(404, """{"message":"resource not found"}""");

        (await Should.ThrowAsync<DeliveryMustWaitException>(() => Enroller().FindContactAsync("ada@example.com", Lane.Interactive, CancellationToken.None)))
            .Refusal!.Category.ShouldBe(RefusalCategories.ContactNotFound);
    }

    [Theory]
    [InlineData("""{"results":[{"flowId":"585051946","workflowId":"1001"}]}""", true)]
    [InlineData("""{"results":[],"errors":[{"subCategory":"FLOW_NOT_FOUND_BY_WORKFLOW_ID","message":"no"}]}""", false)]
    public async Task An_enrolment_that_finds_nobody_waits_for_the_contact_if_there_is_the_workflow(string mapping, bool waits)
    {
        _http.Answers(404, """{"status":"error","message":"does not exist"}""").Answers(200, mapping);

        var enrolling = () => Enroller().EnrollAsync("key", "ada@example.com", new("51", "1001"), Lane.Interactive, CancellationToken.None);

        if (waits)
            (await Should.ThrowAsync<DeliveryMustWaitException>(enrolling)).Refusal!.Category.ShouldBe(RefusalCategories.ContactNotFound);
        else
            (await Should.ThrowAsync<DeliveryRefusedException>(enrolling)).Category.ShouldBe("HTTP_404");
        _http.Calls[1].Body.ShouldContain("""{"type":"WORKFLOW_ID","workflowId":"1001"}""");
    }

    [Fact]
    public async Task A_contact_found_by_a_secondary_address_is_written()
    {
        _http.Answers(200, """{"results":[{"id":"51","properties":{"email":"primary@example.com"}}]}""");

        (await WriteAsync()).ContactId.ShouldBe("51");
    }

    [Fact]
    public async Task An_error_that_names_nothing_is_the_one_of_the_only_contact()
    {
        _http.Answers(207, """{"results":[],"errors":[{"category":"VALIDATION_ERROR","message":"no"}]}""");

        (await Should.ThrowAsync<DeliveryRefusedException>(WriteAsync)).Problem.Message.ShouldBe("no");
    }

    [Fact]
    public async Task Answers_that_cannot_be_read_are_asked_for_again()
    {
        _http.Answers(200, "<html>", "text/html").Answers(200, "").Answers(200, """{"id":"51"}""");

        (await _http.PassTimeUntil(Enroller().FindContactAsync("ada@example.com", Lane.Interactive, CancellationToken.None))).ShouldBe("51");
    }

    [Fact]
    public async Task An_enrolment_that_was_not_executed_is_sent_again()
    {
        _http.Answers(429, "{}", headers: ("Retry-After", "1")).Throws(new HttpRequestException(HttpRequestError.ConnectionError)).Answers(204);

        await _http.PassTimeUntil(EnrollAsync());

        _http.Calls.Count.ShouldBe(3);

        async Task<bool> EnrollAsync()
        {
            await Enroller().EnrollAsync("key", "ada@example.com", new("51", "1001"), Lane.Interactive, CancellationToken.None);
            return true;
        }
    }

    [Theory]
    [InlineData("1001", "1001")]
    [InlineData(" 1001 ", "1001")]
    [InlineData("welcome", "1002")]
    [InlineData("WELCOME", "1002")]
    [InlineData("flow:585051946", "1003")]
    [InlineData("mapped", "1003")]
    public async Task A_workflow_is_an_id_a_flow_or_a_configured_name(string workflow, string id)
    {
        _http.Answers(200, """{"results":[{"flowId":585051946,"workflowId":1003}]}""");
        _http.Options.Workflows["welcome"] = "1002";
        _http.Options.Workflows["mapped"] = "flow:585051946";
        var directory = new WorkflowDirectory(_http.Workflows, _http.Caller, Create(_http.Options));

        (await directory.FindAsync(workflow, CancellationToken.None)).ShouldBe(id);
        (await directory.FindAsync(workflow, CancellationToken.None)).ShouldBe(id); // Asked once.
        _http.Calls.Count.ShouldBeLessThanOrEqualTo(1);
    }

    [Theory]
    [InlineData("nameless")]
    [InlineData("flow:1")]
    [InlineData("flow:")]
    [InlineData("../1001")]
    public async Task A_workflow_that_nobody_knows_is_refused(string workflow)
    {
        _http.Answers(207, """{"results":[],"errors":[{"category":"FLOW_NOT_FOUND_BY_FLOW_ID","message":"no"}]}""");
        var directory = new WorkflowDirectory(_http.Workflows, _http.Caller, Create(_http.Options));

        (await Should.ThrowAsync<DeliveryRefusedException>(() => directory.FindAsync(workflow, CancellationToken.None))).Category
            .ShouldBe(RefusalCategories.UnknownWorkflow);
    }

    [Fact]
    public void The_categories_are_those_of_the_contracts()
    {
        RefusalCategories.NoOutcome.ShouldBe(HubSpotMessaging.Contracts.RejectionCategories.NoOutcome);
        RefusalCategories.OutcomeUnknown.ShouldBe(HubSpotMessaging.Contracts.RejectionCategories.OutcomeUnknown);
        RefusalCategories.InvalidCommand.ShouldBe(HubSpotMessaging.Contracts.RejectionCategories.InvalidCommand);
        RefusalCategories.ContactNotFound.ShouldBe(HubSpotMessaging.Contracts.RejectionCategories.ContactNotFound);
        RefusalCategories.UnknownWorkflow.ShouldBe(HubSpotMessaging.Contracts.RejectionCategories.UnknownWorkflow);
    }

    private Task<ContactWritten> WriteAsync() => _http.Writer().WriteAsync(Ada(), Lane.Interactive, CancellationToken.None);

    private static ContactWrite Ada(Dictionary<string, string?>? properties = null) =>
        new("ada@example.com", properties ?? [], WriteVersion.Known(new DateTimeOffset(2026, 9, 10, 12, 0, 0, TimeSpan.Zero), "c-1"));

    private WorkflowEnroller Enroller(StubRecords? records = null) => new(
        _http.Workflows, _http.Contacts, _http.Caller, records ?? new(_http.Time), Create(_http.Options), Create(new DeliveryOptions()), _http.Time, NullLogger<WorkflowEnroller>.Instance);
}
