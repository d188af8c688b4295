using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Delivery.Timeline;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.UnitTests.HubSpot.Delivery;

/// <summary>What becomes of each timeline event of a batch, whatever HubSpot answers.</summary>
public sealed class TimelineBatchTests
{
    private const string Template = "1001298";
    private const string Wrong = "wrong";

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 128 };

    private readonly StubHttp _http = new();

    [Fact]
    public async Task As_many_events_as_wait_are_one_call()
    {
        _http.Always = AcceptAll;

        var outcomes = await PostAllAsync(Enumerable.Range(0, 250).Select(number => Event($"e{number}")));

        outcomes.ShouldAllBe(outcome => outcome == "posted");
        _http.Calls.Select(call => Inputs(call.Body).Count).Order().ShouldBe([50, 100, 100]);
        _http.Calls.ShouldAllBe(call => call.Path == "/integrators/timeline/v3/events/batch/create");
        Sent().Distinct().Count().ShouldBe(250);
        _http.Quota.Given.ShouldAllBe(demand => demand.Kind == CallKind.Timeline && demand.Lane == Lane.Interactive);
    }

    [Fact]
    public async Task Large_events_are_not_all_put_into_one_request()
    {
        _http.Always = AcceptAll;
        var token = new string('t', 500_000);
        using var data = JsonDocument.Parse($"\"{token}\"");

        await PostAllAsync(Enumerable.Range(0, 12).Select(number => Event($"e{number}", token) with { ExtraData = number < 3 ? data.RootElement : null }));

        _http.Calls.ShouldAllBe(call => call.Body.Length < 5_000_000);
        _http.Calls.Select(call => Inputs(call.Body).Count).Order().ShouldBe([6, 6]);
    }

    [Fact]
    public async Task What_cannot_be_written_is_refused_by_itself()
    {
        _http.Always = AcceptAll;
        using var cut = JsonDocument.Parse("""{"text":"\ud83d"}""");

        var outcomes = await PostAllAsync([Event("a"), Event("cut") with { ExtraData = cut.RootElement }, Event("b")]);

        outcomes.ShouldBe(["posted", "The event cannot be written as JSON: a text in it is cut within a character, or it is nested too deeply. ()", "posted"]);
        Sent().ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task What_came_in_nested_as_deeply_as_a_message_can_be_goes_out_with_others()
    {
        _http.Always = AcceptAll;
        const int deepest = 63; // Within a command, of the 64 levels of a message.
        using var deep = JsonDocument.Parse($"{new string('[', deepest)}{new string(']', deepest)}");

        (await PostAllAsync([Event("a"), Event("deep") with { ExtraData = deep.RootElement }])).ShouldBe(["posted", "posted"]);
        _http.Calls.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_is_too_large_for_what_stands_before_HubSpot_is_divided_until_it_fits()
    {
        _http.Always = body => body.Length > 300 ? (413, "<html>too large</html>") : AcceptAll(body);

        (await PostAllAsync(Enumerable.Range(0, 16).Select(number => Event($"e{number}")))).ShouldAllBe(outcome => outcome == "posted");
    }

    [Theory]
    [InlineData(Lane.Interactive)]
    [InlineData(Lane.Bulk)]
    public async Task A_lone_event_goes_at_once_in_its_lane(Lane lane)
    {
        _http.Always = AcceptAll;
        await using var poster = _http.Poster();
        var started = _http.Time.GetUtcNow();

        await poster.PostAsync(Event("lone"), lane, CancellationToken.None);

        Inputs(_http.Calls.ShouldHaveSingleItem().Body).ShouldHaveSingleItem();
        _http.Quota.Given.ShouldHaveSingleItem().Lane.ShouldBe(lane);
        _http.Time.GetUtcNow().ShouldBe(started);
    }

    [Fact]
    public async Task Each_event_learns_its_own_outcome_in_whichever_order_HubSpot_tells()
    {
        _http.Always = body => Answer(body, Wrong);

        var outcomes = await PostAllAsync([Event("a"), Event($"{Wrong}-1"), Event("b"), Event($"{Wrong}-2"), Event("c")]);

        outcomes.ShouldBe(["posted", $"no {Wrong}-1 (c-9)", "posted", $"no {Wrong}-2 (c-9)", "posted"]);
        _http.Calls.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(400, "VALIDATION_ERROR")]
    [InlineData(409, "CONFLICT")]
    [InlineData(500, "INTERNAL_ERROR")]
    public async Task A_batch_of_events_refused_as_a_whole_is_divided_until_the_bad_one_stands_alone(int status, string category)
    {
        _http.Always = body => body.Contains(Wrong, StringComparison.Ordinal)
            ? (status, $$"""{"category":"{{category}}","message":"no","correlationId":"c-1"}""")
            : AcceptAll(body);

        var outcomes = await PostAllAsync([.. Enumerable.Range(0, 31).Select(number => Event($"e{number}")), Event(Wrong)]);

        outcomes.ShouldBe([.. Enumerable.Repeat("posted", 31), "no (c-1)"]);
        var accepted = _http.Calls.Where(call => !call.Body.Contains(Wrong, StringComparison.Ordinal)).SelectMany(call => Inputs(call.Body)).Select(IdOf).ToList();
        accepted.Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, 31).Select(number => $"e{number}").Order(StringComparer.Ordinal)); // Each once.
    }

    [Fact]
    public async Task What_HubSpot_does_not_mention_is_posted_again_by_itself_and_then_given_up()
    {
        _http.Always = body => Accept(Inputs(body).Where(input => !IdOf(input).StartsWith("mute", StringComparison.Ordinal)));

        var outcomes = await PostAllAsync([Event("a"), Event("mute"), Event("b")]);

        outcomes.ShouldBe(["posted", "NO_OUTCOME", "posted"]);
        _http.Calls.Select(call => string.Join(' ', Inputs(call.Body).Select(IdOf))).ShouldBe(["a mute b", "mute", "mute"]);
    }

    [Fact]
    public async Task An_error_that_names_no_event_is_asked_about_again_for_the_one_that_is_left()
    {
        _http.Always = body => body.Contains(Wrong, StringComparison.Ordinal)
            ? (207, $$"""{{Accept(Inputs(body).Where(input => IdOf(input) != Wrong)).Item2[..^1]}},"errors":[{"category":"VALIDATION_ERROR","message":"no"}]}""")
            : AcceptAll(body);

        var outcomes = await PostAllAsync([Event("a"), Event(Wrong), Event("b")]);

        outcomes.ShouldBe(["posted", "no ()", "posted"]);
        _http.Calls.Select(call => string.Join(' ', Inputs(call.Body).Select(IdOf))).ShouldBe([$"a {Wrong} b", Wrong]);
    }

    [Fact]
    public async Task Events_with_one_id_in_two_templates_are_two_and_a_refusal_that_names_the_id_is_not_taken_for_both()
    {
        _http.Always = body =>
        {
            var good = Accept(Inputs(body).Where(input => (string)input["eventTemplateId"]! == Template)).Item2;
            return body.Contains("\"2\"", StringComparison.Ordinal)
                ? (207, $$$"""{{{good[..^1]}}},"errors":[{"category":"VALIDATION_ERROR","message":"no","context":{"ids":["x"]}}]}""")
                : (201, good);
        };

        (await PostAllAsync([Event("x"), Event("x", template: "2")])).ShouldBe(["posted", "no ()"]);
        _http.Calls.Select(call => Inputs(call.Body).Count).ShouldBe([2, 1]);
    }

    [Fact]
    public async Task The_same_event_again_goes_after_the_first_and_in_its_order()
    {
        _http.Always = body => Answer(body, Wrong);

        var outcomes = await PostAllAsync([Event("x", "1"), Event("y"), Event("x", "2"), Event("x", "3")]);

        outcomes.ShouldAllBe(outcome => outcome == "posted");
        _http.Calls.SelectMany(call => Inputs(call.Body)).Where(input => IdOf(input) == "x").Select(input => (string)input["tokens"]!["number"]!).ShouldBe(["1", "2", "3"]);
        _http.Calls.ShouldAllBe(call => Inputs(call.Body).Count(input => IdOf(input) == "x") == 1);
        _http.Calls.Count.ShouldBe(3);
    }

    [Fact]
    public async Task What_is_known_when_HubSpot_asks_to_wait_is_told_and_the_rest_is_postponed()
    {
        _http.Answers(207, Accept(Inputs(Body(Event("a")))).Item2).Answers(429, """{"policyName":"DAILY"}""");

        (await PostAllAsync([Event("a"), Event("b")])).ShouldBe(["posted", "postponed"]);

        _http.Outages.Paused.ShouldBe(["DailyLimit"]);
    }

    [Fact]
    public async Task A_passing_trouble_delays_events_and_no_more()
    {
        _http.Answers(503).Throws(new HttpRequestException(HttpRequestError.ResponseEnded));
        _http.Always = AcceptAll;

        (await PostAllAsync([Event("a"), Event("b")])).ShouldBe(["posted", "posted"]);
        _http.Calls.Select(call => Inputs(call.Body).Count).ShouldBe([2, 2, 2]);
    }

    [Fact]
    public async Task At_the_end_what_waits_is_cancelled_and_is_not_sent()
    {
        _http.Quota.Hold();
        var poster = _http.Poster();
        var waiting = poster.PostAsync(Event("a"), Lane.Interactive, CancellationToken.None);

        await poster.DisposeAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        await Should.ThrowAsync<OperationCanceledException>(() => poster.PostAsync(Event("b"), Lane.Interactive, CancellationToken.None));
        _http.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Who_does_not_want_to_wait_any_more_is_not_sent_and_his_neighbours_are()
    {
        _http.Always = AcceptAll;
        await using var poster = _http.Poster();
        using var pause = new CancellationTokenSource();
        _http.Quota.Hold();
        var withdrawn = poster.PostAsync(Event("a"), Lane.Interactive, pause.Token);
        var other = poster.PostAsync(Event("b"), Lane.Interactive, CancellationToken.None);
        await pause.CancelAsync();
        _http.Quota.Release();

        await Should.ThrowAsync<OperationCanceledException>(() => withdrawn);
        await other;
        Sent().ShouldBe(["b"]);
    }

    private static TimelineEvent Event(string id, string number = "1", string template = Template) => new()
    {
        EventTemplateId = template,
        Id = id,
        Email = "ada@example.com",
        Tokens = new Dictionary<string, string> { ["number"] = number },
    };

    /// <summary>Posts all that wait at once; what became of each.</summary>
    private async Task<IReadOnlyList<string>> PostAllAsync(IEnumerable<TimelineEvent> events)
    {
        _http.Quota.Hold();
        await using var poster = _http.Poster();
        var all = events.Select(timelineEvent => OutcomeAsync(poster, timelineEvent)).ToList();
        _http.Quota.Release();
        return await _http.PassTimeUntil(Task.WhenAll(all));
    }

    private static async Task<string> OutcomeAsync(TimelinePoster poster, TimelineEvent timelineEvent)
    {
        try
        {
            await poster.PostAsync(timelineEvent, Lane.Interactive, CancellationToken.None);
            return "posted";
        }
        catch (DeliveryRefusedException refused) when (refused.Category == RefusalCategories.NoOutcome)
        {
            return refused.Category;
        }
        catch (DeliveryRefusedException refused)
        {
            return $"{refused.Problem.Message} ({refused.Problem.CorrelationId})";
        }
        catch (DeliveryMustWaitException waits)
        {
            return $"{waits.Refusal?.Problem.Message} ({waits.Refusal?.Problem.CorrelationId})";
        }
        catch (DeliveryPostponedException)
        {
            return "postponed";
        }
    }

    private static string Body(TimelineEvent timelineEvent) =>
        $$"""{"inputs":[{"eventTemplateId":"{{timelineEvent.EventTemplateId}}","id":"{{timelineEvent.Id}}"}]}""";

    private static List<JsonNode> Inputs(string body) => [.. JsonNode.Parse(body, documentOptions: Deep)!["inputs"]!.AsArray().Select(input => input!)];

    private static string IdOf(JsonNode input) => (string)input["id"]!;

    private List<string> Sent() => [.. _http.Calls.SelectMany(call => Inputs(call.Body)).Select(IdOf)];

    private static (int, string) AcceptAll(string body) => Accept(Inputs(body));

    private static (int, string) Accept(IEnumerable<JsonNode> inputs) => (201, $$"""{"results":[{{string.Join(',', inputs.Reverse().Select(input =>
        $$"""{"id":"{{input["id"]}}","eventTemplateId":"{{input["eventTemplateId"]}}"}"""))}}]}""");

    /// <summary>Refuses those whose id begins with something, by name.</summary>
    private static (int, string) Answer(string body, string bad)
    {
        var inputs = Inputs(body);
        var errors = inputs.Where(input => IdOf(input).StartsWith(bad, StringComparison.Ordinal)).Select(input =>
            $$$"""{"category":"VALIDATION_ERROR","message":"no {{{input["id"]}}}","correlationId":"c-9","context":{"id":["{{{input["id"]}}}"]}}""").ToList();
        var (status, results) = Accept(inputs.Where(input => !IdOf(input).StartsWith(bad, StringComparison.Ordinal)));
        return errors.Count == 0 ? (status, results) : (207, $$"""{{results[..^1]}},"errors":[{{string.Join(',', errors)}}]}""");
    }
}
