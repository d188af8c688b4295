using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Api.Workflows;
using HubSpotMessaging.HubSpot.Quota;
using Refit;
using static Microsoft.Extensions.Options.Options;

namespace HubSpotMessaging.UnitTests.HubSpot.BadAnswers;

/// <summary>
/// Whatever comes back from HubSpot, or from something on the way: the client never throws, never says that something is done which the answer
/// does not say, and reads no more than it should. A case that fails names its seed, which the environment variable <c>CsCheck_Seed</c> repeats.
/// </summary>
public sealed class BadAnswerTests
{
    private const int Cases = 1_000;

    private const string Upserted = """
        {"status":"COMPLETE","results":[{"id":"1","objectWriteTraceId":"t-a","new":true,"properties":{"email":"a@example.com","age":7,"tags":["x"],"more":{"y":null}}},{"id":"2","objectWriteTraceId":"t-b","new":false,"properties":{"email":"b@example.com"}}],
         "numErrors":1,"errors":[{"status":"error","category":"VALIDATION_ERROR","message":"Property values were not valid: [{\"isValid\":false,\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"x\"}]","context":{"objectWriteTraceId":["t-c"],"ids":["c@example.com"]}}]}
        """;

    private const string Posted = """{"status":"COMPLETE","results":[{"id":"e-a","eventTemplateId":"1","objectId":"51"},{"id":"e-b","eventTemplateId":"1"}],"errors":[{"message":"no","context":{"ids":["e-c"]}}]}""";

    private const string Token = """{"token_type":"bearer","access_token":"CJ-access-1","refresh_token":"refresh-2","expires_in":1800,"hub_id":1234567,"scopes":["oauth","automation"]}""";

    private static readonly ContactUpsert[] Contacts = [Contact("a"), Contact("b"), Contact("c")];
    private static readonly TimelineEvent[] Events = [Event("e-a"), Event("e-b"), Event("e-c")];
    private static readonly AnswerClassifier Classifier = new(TimeProvider.System);

    [Fact]
    public Task No_contact_is_written_of_which_the_answer_does_not_say_so() => OddAnswer.Of(207, Upserted).SampleAsync(
        async odd =>
        {
            foreach (var inputs in (ContactUpsert[][])[Contacts, [Contacts[0]]])
            {
                var answer = await Clients(odd.ToResponse).Contacts.UpsertAsync(inputs, permit: null, CancellationToken.None);
                ShouldBeWhole(answer, odd);
                if (answer.Succeeded)
                    foreach (var (input, outcome) in inputs.Zip(UpsertOutcomes.Of(inputs, answer.Value)))
                        if (outcome is RecordOutcome.Written written)
                            Results(odd).Any(result => Names(result, "id", written.Id) && IsOf(result, input, inputs.Length == 1)).ShouldBeTrue();
            }
        },
        iter: Cases, threads: 1);

    [Fact]
    public Task No_event_is_posted_of_which_the_answer_does_not_say_so() => OddAnswer.Of(200, Posted).SampleAsync(
        async odd =>
        {
            foreach (var inputs in (TimelineEvent[][])[Events, [Events[0]]])
            {
                var answer = await Clients(odd.ToResponse).Timeline.PostAsync(inputs, permit: null, CancellationToken.None);
                ShouldBeWhole(answer, odd);
                if (answer.Succeeded)
                    foreach (var (input, outcome) in inputs.Zip(PostOutcomes.Of(inputs, answer.Value)))
                        if (outcome is RecordOutcome.Written written)
                        {
                            written.Id.ShouldBe(input.Id);
                            Results(odd).Any(result => Names(result, "id", input.Id)).ShouldBeTrue();
                        }
            }
        },
        iter: Cases, threads: 1);

    [Fact]
    public Task No_tokens_come_of_an_answer_that_has_none() => OddAnswer.Of(200, Token).SampleAsync(
        async odd =>
        {
            var answer = await Clients(odd.ToResponse).OAuth.RefreshAsync(new("refresh-1"), CancellationToken.None);
            ShouldBeWhole(answer, odd);
            if (answer.Value is not { } tokens)
                return;
            using var body = JsonDocument.Parse(TextOf(odd));
            Names(body.RootElement, "access_token", tokens.AccessToken.Value).ShouldBeTrue();
            tokens.AccessToken.Value.ShouldAllBe(character => character > ' ' && character <= '~');
            tokens.ExpiresIn.ShouldBePositive();
        },
        iter: Cases, threads: 1);

    [Fact]
    public Task Nobody_is_enrolled_but_by_a_204() => OddAnswer.Of(204, "{}").SampleAsync(
        async odd =>
        {
            var answer = await Clients(odd.ToResponse).Workflows.EnrollAsync("1001", "ada@example.com", permit: null, CancellationToken.None);
            ShouldBeWhole(answer, odd);
            answer.Succeeded.ShouldBe(odd.Status == 204);
        },
        iter: Cases, threads: 1);

    [Fact]
    public Task No_question_is_answered_by_what_says_nothing() => OddAnswer.Of(200, """[{"id":1001,"name":"Welcome"},{"id":1002}]""").SampleAsync(
        async odd =>
        {
            var answer = await Clients(odd.ToResponse).Workflows.CurrentEnrollmentsAsync("51", permit: null, CancellationToken.None);
            ShouldBeWhole(answer, odd);
            answer.Value?.ShouldAllBe(workflow => workflow != null!);
            ShouldBeWhole(await Clients(odd.ToResponse).Workflows.MapFlowAsync("585051946", permit: null, CancellationToken.None), odd);
            ShouldBeWhole(await Clients(odd.ToResponse).Contacts.GetByEmailAsync("ada@example.com", permit: null, CancellationToken.None), odd);
            ShouldBeWhole(await Clients(odd.ToResponse).OAuth.IntrospectAsync(new AccessToken("access"), CancellationToken.None), odd);
        },
        iter: Cases, threads: 1);

    [Fact]
    public Task The_quota_takes_from_any_answer_only_what_can_be() => OddAnswer.Of(429, """{"status":"error","policyName":"SECONDLY","context":{"a":["b"]},"errors":[{"message":"no"}]}""").SampleAsync(
        async odd =>
        {
            using var response = odd.ToResponse();
            await AnswerBody.LoadAsync(response, CancellationToken.None);
            var end = await SlotEnd.OfAsync(response, TimeSpan.Zero, Classifier);
            (end.Limit is null or { Max: > 0 }).ShouldBeTrue();
            (end.Limit?.Window > TimeSpan.Zero).ShouldBe(end.Limit is not null);
            (end.Remaining is null or >= 0).ShouldBeTrue();
            (end.Hold is null || (end.Hold >= TimeSpan.Zero && end.Hold <= TimeSpan.FromDays(1))).ShouldBeTrue();
        },
        iter: Cases, threads: 1);

    [Theory]
    [InlineData("""{"results":[null],"errors":[null]}""")]
    [InlineData("""{"results":[{"id":"","objectWriteTraceId":"t-a"}]}""")]
    [InlineData("""{"results":[{"id":" ","properties":{"email":"a@example.com"}}]}""")]
    [InlineData("""{"results":[{"id":"9","objectWriteTraceId":"somebody-elses","properties":{"email":"a@example.com"}}]}""")]
    public async Task A_lone_contact_is_not_written_by_a_result_that_is_none_or_somebody_elses(string body)
    {
        var answer = await Clients(() => Json(200, body)).Contacts.UpsertAsync([Contacts[0]], permit: null, CancellationToken.None);

        UpsertOutcomes.Of([Contacts[0]], answer.Value!).ShouldHaveSingleItem().ShouldBeOfType<RecordOutcome.Unknown>();
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("nonsense")]
    [InlineData("iso-8859-1")]
    public async Task Json_is_utf8_whatever_the_header_says(string charset)
    {
        var response = () => new OddAnswer(200, """{"results":[{"id":"1","objectWriteTraceId":"t-a","properties":{"email":"ä@example.com"}}]}"""u8.ToArray(), $"application/json; charset={charset}", []).ToResponse();

        var answer = await Clients(response).Contacts.UpsertAsync([Contacts[0]], permit: null, CancellationToken.None);

        answer.Value!.Results.ShouldHaveSingleItem().Properties!.Email.ShouldBe("ä@example.com");
    }

    [Theory]
    [InlineData("""{"message":"\ud800"}""")]
    [InlineData("""{"context":{"\ud800":["x"]}}""")]
    [InlineData("""{"message":"odd: [{\"name\":\"\\ud800\"}]"}""")]
    public async Task Half_a_surrogate_pair_in_a_refusal_is_no_exception(string body)
    {
        var answer = await Clients(() => Json(400, body)).Contacts.UpsertAsync([Contacts[0]], permit: null, CancellationToken.None);

        answer.Problem!.Message.ShouldNotBeNullOrWhiteSpace();
    }

    [Theory]
    [InlineData("a\\nb")]
    [InlineData(" ")]
    [InlineData("\\u0000")]
    [InlineData("ä")]
    public async Task What_no_header_can_carry_is_no_token(string token)
    {
        var answer = await Clients(() => Json(200, $$"""{"access_token":"{{token}}","refresh_token":"{{token}}","expires_in":1800}""")).OAuth.RefreshAsync(new("old"), CancellationToken.None);

        answer.Kind.ShouldBe(AnswerKind.Unreadable);
        new RefreshToken(JsonSerializer.Deserialize<string>($"\"{token}\"")!).IsEmpty.ShouldBeTrue(); // So that the old one is kept.
    }

    [Fact]
    public async Task An_answer_of_20_MB_is_read()
    {
        var answer = await Clients(() => Json(200, Upserted + new string(' ', 20_000_000))).Contacts.UpsertAsync(Contacts, permit: null, CancellationToken.None);

        answer.Kind.ShouldBe(AnswerKind.Done);
    }

    [Theory]
    [InlineData(200, AnswerKind.Unreadable)]
    [InlineData(400, AnswerKind.Unavailable)]
    [InlineData(429, AnswerKind.RateLimited)]
    [InlineData(500, AnswerKind.Unavailable)]
    public async Task Of_an_answer_that_does_not_end_no_more_than_32_MB_are_read_and_the_status_counts(int status, AnswerKind kind)
    {
        var endless = new EndlessStream();

        var answer = await Clients(() => new((HttpStatusCode)status) { Content = new StreamContent(endless) })
            .Contacts.UpsertAsync(Contacts, permit: null, CancellationToken.None);

        answer.Kind.ShouldBe(kind);
        answer.Problem!.Status.ShouldBe(status);
        endless.Read64K.ShouldBeLessThan(AnswerBody.MaximumLength / 65_536 * 2);
        endless.IsDisposed.ShouldBeTrue(); // And with it the connection.
    }

    [Fact]
    public async Task An_answer_whose_body_does_not_come_is_given_up_when_its_time_is_over()
    {
        using var silent = new SilentStream();

        var answer = await Clients(() => new(HttpStatusCode.OK) { Content = new StreamContent(silent) })
            .Contacts.UpsertAsync(Contacts, permit: null, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);

        answer.Kind.ShouldBe(AnswerKind.NoAnswer);
    }

    private static void ShouldBeWhole<T>(Answer<T> answer, OddAnswer odd)
        where T : class
    {
        if (answer.Succeeded)
        {
            answer.Value.ShouldNotBeNull();
            odd.Status.ShouldBeInRange(200, 299);
        }
        else
        {
            answer.Value.ShouldBeNull();
            answer.Problem.Message.ShouldNotBeNullOrWhiteSpace();
            (answer.Problem.Status ?? odd.Status).ShouldBe(odd.Status);
        }
    }

    /// <summary>Whether a result is that of an input: by its trace id, or without one by its address, or as the only one of a lone input.</summary>
    private static bool IsOf(JsonElement result, ContactUpsert input, bool isLone)
    {
        var traces = Fields(result, "objectWriteTraceId").Where(field => field.ValueKind != JsonValueKind.Null).ToList();
        return traces.Count > 0
            ? traces.Any(trace => trace.GetString() == input.ObjectWriteTraceId)
            : isLone || Fields(result, "properties").SelectMany(properties => Fields(properties, "email"))
                .Any(email => input.Id.Equals(email.ToString(), StringComparison.OrdinalIgnoreCase));
    }

    private static bool Names(JsonElement result, string field, string value) =>
        Fields(result, field).Any(found => found.ValueKind == JsonValueKind.String && found.GetString() == value) && !string.IsNullOrWhiteSpace(value);

    private static List<JsonElement> Results(OddAnswer odd)
    {
        using var body = JsonDocument.Parse(TextOf(odd));
        return [.. Fields(body.RootElement.Clone(), "results").Where(results => results.ValueKind == JsonValueKind.Array).SelectMany(results => results.EnumerateArray())];
    }

    private static IEnumerable<JsonElement> Fields(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object
        ? element.EnumerateObject().Where(field => IsNamed(field, name)).Select(field => field.Value)
        : [];

    private static bool IsNamed(JsonProperty field, string name)
    {
        try
        {
            return field.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
        }
        catch (InvalidOperationException)
        {
            return false; // Half a surrogate pair.
        }
    }

    private static string TextOf(OddAnswer odd) => Encoding.UTF8.GetString(odd.Body).TrimStart('\ufeff');

    private static ContactUpsert Contact(string name) =>
        new() { Id = $"{name}@example.com", ObjectWriteTraceId = $"t-{name}", Properties = new Dictionary<string, string>() };

    private static TimelineEvent Event(string id) => new() { EventTemplateId = "1", Id = id, Tokens = new Dictionary<string, string>() };

    private static HttpResponseMessage Json(int status, string body) => new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    /// <summary>The real clients, with the real handler that takes their answers.</summary>
    private static (ContactsClient Contacts, TimelineClient Timeline, WorkflowsClient Workflows, OAuthClient OAuth) Clients(Func<HttpResponseMessage> answer)
    {
        var options = Create(new HubSpotOptions { ClientId = "id", ClientSecret = "secret", RequestTimeout = TimeSpan.FromSeconds(2) });
        var handler = new RequestTimeoutHandler(options, TimeProvider.System) { InnerHandler = new Answering(answer) };
        return (new(Api<IContactsApi>(), Classifier, options), new(Api<ITimelineApi>(), Classifier, options), new(Api<IWorkflowsApi>(), Classifier, options), new(Api<IOAuthApi>(), Classifier, options));

        T Api<T>() => RestService.ForGenerated<T>(new HttpClient(handler) { BaseAddress = new("https://api.hubapi.com") }, HubSpotServiceCollectionExtensions.WireFormat);
    }

    private sealed class Answering(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = answer();
            response.RequestMessage = request;
            return Task.FromResult(response);
        }
    }
}
