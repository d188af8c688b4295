using System.Text.Json.Nodes;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Delivery.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.UnitTests.HubSpot.Delivery;

/// <summary>What becomes of each command of a batch, whatever HubSpot answers.</summary>
public sealed class ContactBatchTests
{
    private static readonly DateTimeOffset Noon = new(2026, 9, 10, 12, 0, 0, TimeSpan.Zero);

    /// <summary>No hexadecimal digits, as a trace id has: one with "bad" in it would be refused for that.</summary>
    private const string Wrong = "wrong";

    private readonly StubHttp _http = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    [Fact]
    public async Task A_hundred_that_wait_are_one_call()
    {
        _http.Always = AcceptAll;

        var written = await WriteAllAsync(Enumerable.Range(0, 100).Select(number => Write($"c{number}@example.com")));

        written.Select(outcome => outcome.ContactId).ShouldBe(Enumerable.Range(0, 100).Select(number => $"id-c{number}@example.com"));
        Inputs(_http.Calls.ShouldHaveSingleItem().Body).Select(input => (string)input["objectWriteTraceId"]!).Distinct().Count().ShouldBe(100);
    }

    [Fact]
    public async Task Commands_for_one_contact_are_merged_and_the_newest_value_of_each_property_wins()
    {
        _http.Always = AcceptAll;

        var written = await WriteAllAsync(
        [
            Write("a@example.com", minutes: 2, ("city", "Dublin"), ("phone", "2")),
            Write("a@example.com", minutes: 1, ("city", "London"), ("zip", "1")),
            Write("a@example.com", minutes: 0, ("city", "Paris")),
        ]);

        _http.Calls.ShouldHaveSingleItem();
        Inputs(_http.Calls[0].Body)[0]["properties"]!.ToJsonString().ShouldBe("""{"email":"a@example.com","city":"Dublin","phone":"2","zip":"1"}""");
        written[0].Result.ShouldBe(ContactWriteResult.Updated);
        written[0].SkippedProperties.ShouldBeEmpty();
        written[1].Result.ShouldBe(ContactWriteResult.Created);
        written[1].SkippedProperties.ShouldBe(["city"]);
        written[2].Result.ShouldBe(ContactWriteResult.Superseded);
        written[2].SkippedProperties.ShouldBe(["city"]);
    }

    [Fact]
    public async Task What_is_older_than_HubSpots_is_not_sent_and_the_same_again_is_answered_from_the_record()
    {
        _http.Always = AcceptAll;
        var writer = _http.Writer();
        await writer.WriteAsync(Write("a@example.com", 5, ("city", "Dublin")), Lane.Interactive, default);

        var older = await writer.WriteAsync(Write("a@example.com", 4, ("city", "London")), Lane.Interactive, default);
        var mixed = await writer.WriteAsync(Write("a@example.com", 4, ("city", "London"), ("zip", "1")), Lane.Interactive, default);
        var again = await writer.WriteAsync(Write("a@example.com", 5, ("city", "Dublin")), Lane.Interactive, default);

        older.Result.ShouldBe(ContactWriteResult.Superseded);
        older.SkippedProperties.ShouldBe(["city"]);
        mixed.Result.ShouldBe(ContactWriteResult.Updated);
        mixed.SkippedProperties.ShouldBe(["city"]);
        again.Result.ShouldBe(ContactWriteResult.Created);
        again.SkippedProperties.ShouldBeEmpty();
        _http.Calls.Count.ShouldBe(2);
        _http.Calls[1].Body.ShouldNotContain("London");
        _http.Quota.Returned.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_merged_write_that_is_refused_is_sent_command_by_command()
    {
        _http.Always = body => Refuse(body, input => input["properties"]!.ToJsonString().Contains("bad", StringComparison.Ordinal));

        var outcomes = await SettleAllAsync(
        [
            Write("a@example.com", 0, ("city", "London")),
            Write("a@example.com", 1, ("zip", "bad")),
            Write("a@example.com", 2, ("phone", "3")),
        ]);

        outcomes.ShouldBe(["Created", "VALIDATION_ERROR", "Updated"]);
        _http.Calls.Count.ShouldBe(4);
    }

    public static TheoryData<int> BadOnes => [1, 2, 5, 20, 100];

    [Theory]
    [MemberData(nameof(BadOnes))]
    public async Task A_batch_refused_as_a_whole_is_divided_until_the_bad_ones_stand_alone(int bad)
    {
        _http.Always = body => body.Contains(Wrong, StringComparison.Ordinal) ? (400, """{"category":"VALIDATION_ERROR","message":"no"}""") : AcceptAll(body);
        var worst = Enumerable.Range(0, 100).Select(number => number * bad / 100 != ((number - 1) * bad / 100) || number == 0).ToList();

        var outcomes = await SettleAllAsync(worst.Select((isBad, number) => Write($"c{number}@example.com", 0, ("city", isBad ? Wrong : "good"))));

        outcomes.ShouldBe(worst.Select(isBad => isBad ? "VALIDATION_ERROR" : "Created"));
        var k = worst.Count(isBad => isBad);
        k.ShouldBe(bad);
        _http.Calls.Count.ShouldBeLessThanOrEqualTo(Math.Min(199, (2 * k) - 1 + (2 * k * (int)Math.Ceiling(Math.Log2(100.0 / k)))));
        Accepted().Count.ShouldBe(100 - bad); // Each good one once.
        Accepted().Distinct().Count().ShouldBe(100 - bad);
        _http.Quota.Given.Count.ShouldBe(_http.Calls.Count); // Each call with a permit of its own.
    }

    [Fact]
    public async Task What_the_refusal_names_is_sent_by_itself()
    {
        _http.Always = body => body.Contains("c42@", StringComparison.Ordinal)
            ? (400, """{"category":"VALIDATION_ERROR","message":"no","context":{"ids":["c42@example.com"]}}""")
            : AcceptAll(body);

        var outcomes = await SettleAllAsync(Enumerable.Range(0, 100).Select(number => Write($"c{number}@example.com")));

        outcomes.Count(outcome => outcome == "VALIDATION_ERROR").ShouldBe(1);
        outcomes[42].ShouldBe("VALIDATION_ERROR");
        _http.Calls.Count.ShouldBe(3);
    }

    [Fact]
    public async Task What_is_known_to_be_refused_is_not_sent_as_a_whole_once_more()
    {
        _http.Always = body => body.Contains(Wrong, StringComparison.Ordinal) ? (400, """{"category":"VALIDATION_ERROR","message":"no"}""") : AcceptAll(body);

        var outcomes = await SettleAllAsync(Enumerable.Range(0, 100).Select(number => Write($"c{number}@example.com", 0, ("city", number == 0 ? Wrong : "good"))));

        outcomes[0].ShouldBe("VALIDATION_ERROR");
        _http.Calls.Select(call => Inputs(call.Body).Count).ShouldBe([100, 50, 25, 12, 6, 3, 2, 1, 1]);
    }

    [Fact]
    public async Task What_another_request_has_for_long_waits_in_a_queue_instead()
    {
        _http.Always = AcceptAll;
        await _http.Guard.ClaimAsync("another", [new MergedContact("a@example.com", [Write("a@example.com")]).ToGuard()]);
        var started = _http.Time.GetUtcNow();

        var writing = _http.Writer().WriteAsync(Write("a@example.com", minutes: 1), Lane.Interactive, CancellationToken.None);

        (await Should.ThrowAsync<DeliveryMustWaitException>(() => _http.PassTimeUntil(writing))).EndsWithin.ShouldNotBeNull();
        (_http.Time.GetUtcNow() - started).TotalSeconds.ShouldBeInRange(10, 120);
        _http.Calls.ShouldBeEmpty();
        (_http.Quota.Given.Count - _http.Quota.Returned.Count).ShouldBe(0);
    }

    [Fact]
    public async Task A_claim_without_an_answer_is_undone_so_that_nobody_waits_for_its_lease()
    {
        _http.Always = AcceptAll;
        _http.Guard.LosesNextAnswer = true;

        (await SettleAllAsync([Write("a@example.com")])).ShouldBe(["Created"]);

        _http.Guard.Settled.Select(settled => settled.Settlement.GetType()).ShouldBe([typeof(Settlement.Dropped), typeof(Settlement.Accepted)]);
    }

    [Fact]
    public async Task A_contact_at_which_HubSpot_fails_is_found_and_waits_while_HubSpot_lives()
    {
        _http.Always = body => body.Contains("poison", StringComparison.Ordinal) ? (500, """{"category":"INTERNAL_ERROR","message":"oops","correlationId":"c-5"}""") : AcceptAll(body);

        var outcomes = await SettleAllAsync([.. Enumerable.Range(0, 7).Select(number => Write($"c{number}@example.com")), Write("poison@example.com")]);

        outcomes.ShouldBe([.. Enumerable.Repeat("Created", 7), "waits for INTERNAL_ERROR"]);
    }

    [Fact]
    public async Task A_contact_at_which_HubSpot_fails_waits_while_HubSpot_fails_at_everything()
    {
        _http.Always = _ => (500, """{"category":"INTERNAL_ERROR","message":"oops"}""");
        _http.Outages.IsAlive = false;

        (await SettleAllAsync([Write("a@example.com")])).ShouldBe(["postponed"]);
        _http.Guard.Settled.ShouldHaveSingleItem().Settlement.ShouldBeOfType<Settlement.Unknown>();
    }

    [Fact]
    public async Task What_HubSpot_does_not_mention_is_sent_again_by_itself_and_then_given_up()
    {
        _http.Always = body => Accept(Inputs(body).Where(input => !((string)input["id"]!).StartsWith("mute", StringComparison.Ordinal)));

        var outcomes = await SettleAllAsync([Write("a@example.com"), Write("mute@example.com"), Write("b@example.com")]);

        outcomes.ShouldBe(["Created", "NO_OUTCOME", "Created"]);
        _http.Calls.Select(call => Inputs(call.Body).Count).ShouldBe([3, 1, 1]);
    }

    [Fact]
    public async Task An_answer_that_says_nothing_at_all_is_asked_for_once_more_before_the_batch_is_taken_apart()
    {
        _http.Answers(200, """{"results":[]}""");
        _http.Always = AcceptAll;

        (await SettleAllAsync([Write("a@example.com"), Write("b@example.com")])).ShouldBe(["Created", "Created"]);
        _http.Calls.Select(call => Inputs(call.Body).Count).ShouldBe([2, 2]);
    }

    [Fact]
    public async Task A_request_without_an_answer_is_sent_again_and_keeps_others_off_for_a_while()
    {
        _http.Throws(new HttpRequestException(HttpRequestError.ResponseEnded));
        _http.Always = AcceptAll;

        (await SettleAllAsync([Write("a@example.com"), Write("b@example.com")])).ShouldBe(["Created", "Created"]);
        _http.Calls.Count.ShouldBe(2);
        _http.Guard.Settled.ShouldAllBe(settled => settled.KeepLease == TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task What_has_lost_its_lease_is_not_sent_again_before_it_is_claimed_again()
    {
        _http.Throws(new HttpRequestException(HttpRequestError.ResponseEnded));
        _http.Always = AcceptAll;
        _http.Guard.Renews = false;

        // Its own pending version lets it in again.
        (await SettleAllAsync([Write("a@example.com")])).ShouldBe(["Created"]);
        _http.Guard.Settled.Select(settled => settled.Settlement.GetType()).ShouldBe([typeof(Settlement.Unknown), typeof(Settlement.Accepted)]);
    }

    [Fact]
    public async Task Two_replicas_with_commands_of_which_an_unanswered_request_wrote_all_do_not_wait_for_each_other()
    {
        _http.Always = AcceptAll;
        ContactWrite[] writes = [Write("a@example.com", 1, ("city", "London"), ("zip", "1")), Write("a@example.com", 2, ("city", "Paris")), Write("a@example.com", 3)];
        await _http.Guard.ClaimAsync("dead", [new MergedContact("a@example.com", writes).ToGuard()]);
        await _http.Guard.SettleAsync("dead", [new Settlement.Unknown("a@example.com")], TimeSpan.Zero);

        // The oldest waits for the second, which is at the other replica and waits for the newest, which is here.
        _http.Quota.Hold();
        var (here, there) = (_http.Writer(), _http.Writer());
        var all = Task.WhenAll(
            here.WriteAsync(writes[0], Lane.Interactive, default), there.WriteAsync(writes[1], Lane.Interactive, default), here.WriteAsync(writes[2], Lane.Interactive, default));
        _http.Quota.Release();

        (await _http.PassTimeUntil(all).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System)).Length.ShouldBe(3);
    }

    private static ContactWrite Write(string email, int minutes = 0, params (string Name, string? Value)[] properties) => new(
        email,
        properties.ToDictionary(property => property.Name, property => property.Value, StringComparer.Ordinal),
        WriteVersion.Known(Noon.AddMinutes(minutes), "key"));

    private Task<ContactWritten[]> WriteAllAsync(IEnumerable<ContactWrite> writes)
    {
        _http.Quota.Hold();
        var writer = _http.Writer();
        var all = Task.WhenAll(writes.Select(write => writer.WriteAsync(write, Lane.Interactive, CancellationToken.None)).ToList());
        _http.Quota.Release();
        return _http.PassTimeUntil(all);
    }

    private async Task<IReadOnlyList<string>> SettleAllAsync(IEnumerable<ContactWrite> writes)
    {
        _http.Quota.Hold();
        var writer = _http.Writer();
        var all = writes.Select(OutcomeAsync).ToList();
        _http.Quota.Release();
        return await _http.PassTimeUntil(Task.WhenAll(all));

        async Task<string> OutcomeAsync(ContactWrite write)
        {
            try
            {
                return (await writer.WriteAsync(write, Lane.Interactive, CancellationToken.None)).Result.ToString();
            }
            catch (DeliveryRefusedException refused)
            {
                return refused.Category;
            }
            catch (DeliveryMustWaitException waits)
            {
                return $"waits for {waits.Refusal?.Category}";
            }
            catch (DeliveryPostponedException)
            {
                return "postponed";
            }
        }
    }

    private static List<JsonNode> Inputs(string body) => [.. JsonNode.Parse(body)!["inputs"]!.AsArray().Select(input => input!)];

    private List<string> Accepted() =>
        [.. _http.Calls.Where(call => !call.Body.Contains(Wrong, StringComparison.Ordinal)).SelectMany(call => Inputs(call.Body)).Select(input => (string)input["id"]!)];

    private (int, string) AcceptAll(string body) => Accept(Inputs(body));

    private (int, string) Accept(IEnumerable<JsonNode> inputs) =>
        (200, $$"""{"results":[{{string.Join(',', inputs.Reverse().Select(Result))}}]}""");

    private string Result(JsonNode input) => $$"""{"id":"id-{{input["id"]}}","new":{{(_known.Add((string)input["id"]!) ? "true" : "false")}},"objectWriteTraceId":"{{input["objectWriteTraceId"]}}"}""";

    private (int, string) Refuse(string body, Func<JsonNode, bool> isBad)
    {
        var inputs = Inputs(body);
        var results = Accept(inputs.Where(input => !isBad(input))).Item2;
        var errors = string.Join(',', inputs.Where(isBad).Select(input =>
            $$$"""{"category":"VALIDATION_ERROR","message":"no","context":{"objectWriteTraceId":["{{{input["objectWriteTraceId"]}}}"]}}"""));
        return (207, $$$"""{{{results[..^1]}}},"errors":[{{{errors}}}]}""");
    }
}
