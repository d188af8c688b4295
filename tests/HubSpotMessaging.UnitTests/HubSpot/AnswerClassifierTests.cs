using System.Text.Json;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;

namespace HubSpotMessaging.UnitTests.HubSpot;

public sealed class AnswerClassifierTests
{
    private const string Html = "<html><body><h1>502 Bad Gateway</h1></body></html>";

    public static TheoryData<int, string, AnswerKind> Statuses => new()
    {
        { 200, """{"status":"COMPLETE","results":[]}""", AnswerKind.Done },
        { 201, """{"status":"COMPLETE","results":[]}""", AnswerKind.Done },
        { 207, """{"status":"COMPLETE","results":[],"errors":[]}""", AnswerKind.Mixed },
        { 200, "", AnswerKind.Unreadable },
        { 200, "null", AnswerKind.Unreadable },
        { 200, Html, AnswerKind.Unreadable },
        { 200, """{"results":[{"id":"5""", AnswerKind.Unreadable },
        { 200, """{"results":"none"}""", AnswerKind.Unreadable },
        { 204, "", AnswerKind.Unreadable },
        { 302, Html, AnswerKind.Unavailable },
        { 400, """{"status":"error","category":"VALIDATION_ERROR","message":"no"}""", AnswerKind.Refused },
        { 400, "", AnswerKind.Refused },
        { 400, Html, AnswerKind.Unavailable },
        { 400, "[]", AnswerKind.Unavailable },
        { 401, """{"status":"error","category":"EXPIRED_AUTHENTICATION","message":"expired"}""", AnswerKind.Unauthorized },
        { 403, """{"status":"error","category":"MISSING_SCOPES","message":"scopes"}""", AnswerKind.MissingScopes },
        { 403, """{"status":"error","category":"FORBIDDEN","message":"no"}""", AnswerKind.Refused },
        { 403, Html, AnswerKind.Unavailable },
        { 404, "", AnswerKind.NotFound },
        { 404, Html, AnswerKind.Unavailable },
        { 408, "", AnswerKind.Unavailable },
        { 409, """{"category":"CONFLICT","message":"Contact already exists. Existing ID: 51"}""", AnswerKind.Conflict },
        { 414, "", AnswerKind.Refused },
        { 423, "", AnswerKind.Locked },
        { 429, """{"policyName":"DAILY"}""", AnswerKind.RateLimited },
        { 429, Html, AnswerKind.RateLimited },
        { 477, "", AnswerKind.PortalMigrating },
        { 500, """{"status":"error","message":"internal error"}""", AnswerKind.Unavailable },
        { 502, Html, AnswerKind.Unavailable },
        { 503, "", AnswerKind.Unavailable },
        { 521, Html, AnswerKind.Unavailable },
        { 524, Html, AnswerKind.Unavailable },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task Every_answer_has_a_kind_and_a_reason(int status, string body, AnswerKind kind)
    {
        var answer = await UpsertAsync(new StubHttp().Answers(status, body, body == Html ? "text/html" : "application/json"));

        answer.Kind.ShouldBe(kind);
        answer.Succeeded.ShouldBe(kind is AnswerKind.Done or AnswerKind.Mixed);
        if (!answer.Succeeded)
        {
            answer.Problem.Message.ShouldNotBeNullOrWhiteSpace();
            answer.Problem.Message.ShouldNotContain("<");
            answer.Problem.Status.ShouldBe(status);
        }
    }

    [Fact]
    public async Task Nothing_that_was_sent_and_not_answered_counts_as_not_sent()
    {
        (await UpsertAsync(new StubHttp().Throws(new HttpRequestException(HttpRequestError.ConnectionError, "refused")))).Kind.ShouldBe(AnswerKind.NotSent);
        (await UpsertAsync(new StubHttp().Throws(new HttpRequestException(HttpRequestError.NameResolutionError, "unknown")))).Kind.ShouldBe(AnswerKind.NotSent);
        (await UpsertAsync(new StubHttp().Throws(new HttpRequestException(HttpRequestError.ResponseEnded, "reset")))).Kind.ShouldBe(AnswerKind.NoAnswer);
        (await UpsertAsync(new StubHttp().Throws(new HttpRequestException("reset", new IOException("reset"))))).Kind.ShouldBe(AnswerKind.NoAnswer);
        (await UpsertAsync(new StubHttp().Throws(new TaskCanceledException("timeout")))).Kind.ShouldBe(AnswerKind.NoAnswer);
        (await UpsertAsync(new StubHttp().Throws(new TaskCanceledException("no connection in time", new TimeoutException())))).Kind.ShouldBe(AnswerKind.NotSent);
    }

    [Fact]
    public async Task What_the_caller_cancels_is_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => UpsertAsync(new StubHttp().Answers(200, "{}"), cancelled.Token));
    }

    [Fact]
    public async Task HubSpots_words_are_kept()
    {
        // HubSpot's documented error body.
        var answer = await UpsertAsync(new StubHttp().Answers(400, """
            {
              "status": "error",
              "message": "This will be a human readable message with details about the error.",
              "errors": [ { "message": "discount was not a valid number", "code": "INVALID_INTEGER", "context": { "propertyName": ["discount"] } } ],
              "category": "VALIDATION_ERROR",
              "correlationId": "a43683b0-5717-4ceb-80b4-104d02915d8c"
            }
            """));

        var problem = answer.Problem.ShouldNotBeNull();
        problem.Message.ShouldBe("This will be a human readable message with details about the error.");
        problem.Category.ShouldBe("VALIDATION_ERROR");
        problem.CorrelationId.ShouldBe("a43683b0-5717-4ceb-80b4-104d02915d8c");
        problem.Errors.ShouldHaveSingleItem().ShouldBe(new PropertyProblem("discount", "INVALID_INTEGER", "discount was not a valid number"));
    }

    [Fact]
    public async Task Property_errors_that_stand_in_the_message_only_are_found_there()
    {
        var answer = await UpsertAsync(new StubHttp().Answers(207, """
            {"status":"COMPLETE","results":[],"numErrors":1,"errors":[{"status":"error","category":"VALIDATION_ERROR",
             "message":"Property values were not valid: [{\"isValid\":false,\"message\":\"Property \\\"favorite_food\\\" does not exist\",\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"favorite_food\"}]",
             "context":{"objectWriteTraceId":["549b1c2a9351"]},"subCategory":{"name":"odd"}}]}
            """));

        var problem = answer.Value!.Errors.ShouldHaveSingleItem();
        problem.Errors.ShouldHaveSingleItem().ShouldBe(
            new PropertyProblem("favorite_food", "PROPERTY_DOESNT_EXIST", "Property \"favorite_food\" does not exist"));
        problem.ContextValues("objectWriteTraceId").ShouldBe(["549b1c2a9351"]);
    }

    [Theory]
    [InlineData("""{"category":"a contact ada@example.com","error":"ada@example.com","correlationId":"<ada@example.com>","policyName":"a b","subCategory":["x"]}""")]
    [InlineData("""{"category":"","error":"Internal Server Error","status":"bad gateway\n","correlationId":" "}""")]
    public void What_is_no_word_is_not_taken_for_one_and_reaches_no_label(string body)
    {
        var problem = HubSpotProblemConverter.Read(JsonDocument.Parse(body).RootElement);

        (problem.Category, problem.SubCategory, problem.CorrelationId, problem.PolicyName).ShouldBe((null, null, null, null));
    }

    [Theory]
    [InlineData("""{"message":null,"errors":{},"context":[],"category":5}""")]
    [InlineData("""{"errors":[1,null,{"context":{"propertyName":"x"}}],"context":{"ids":"1"},"correlationId":{}}""")]
    [InlineData("""{"message":"odd: [{","errors":[]}""")]
    public async Task Odd_bodies_are_read_as_far_as_they_go(string body)
    {
        var answer = await UpsertAsync(new StubHttp().Answers(400, body));

        answer.Kind.ShouldBe(AnswerKind.Refused);
        answer.Problem!.Message.ShouldNotBeNullOrWhiteSpace();
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("Thu, 10 Sep 2026 12:00:30 GMT", 30)]
    [InlineData("Thu, 10 Sep 2020 12:00:00 GMT", 0)]
    [InlineData("9999999", 86400)]
    [InlineData("soon", null)]
    public async Task Retry_after_is_seconds_or_a_date_within_a_day(string header, int? seconds)
    {
        var answer = await UpsertAsync(new StubHttp().Answers(429, "{}", headers: ("Retry-After", header)));

        answer.Problem!.RetryAfter.ShouldBe(seconds is null ? null : TimeSpan.FromSeconds(seconds.Value));
    }

    [Fact]
    public async Task The_correlation_id_is_taken_from_the_header_when_the_body_has_none()
    {
        var answer = await UpsertAsync(new StubHttp().Answers(502, Html, "text/html", ("X-HubSpot-Correlation-Id", "c-1")));

        answer.Problem!.CorrelationId.ShouldBe("c-1");
    }

    [Theory]
    [InlineData(200, Html)]
    [InlineData(200, "")]
    [InlineData(200, "{}")]
    [InlineData(202, "")]
    public async Task Anything_but_204_is_no_enrolment(int status, string body)
    {
        var http = new StubHttp().Answers(status, body);

        var answer = await http.Workflows.EnrollAsync("1001", "ada@example.com", permit: null, CancellationToken.None);

        answer.Kind.ShouldBe(AnswerKind.Unreadable);
    }

    private static Task<Answer<BatchResponse<UpsertedContact>>> UpsertAsync(StubHttp http, CancellationToken cancellationToken = default) =>
        http.Contacts.UpsertAsync(
            [new() { Id = "ada@example.com", ObjectWriteTraceId = "1", Properties = new Dictionary<string, string>() }], permit: null, cancellationToken);
}
