using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;

namespace HubSpotMessaging.UnitTests.HubSpot;

public sealed class UpsertOutcomesTests
{
    private static readonly ContactUpsert[] Inputs = [Input("a"), Input("b"), Input("c")];

    [Fact]
    public void Results_are_matched_by_trace_id_in_whichever_order_they_come() =>
        Of(Result("3", trace: "trace-c", isNew: true), Result("1", trace: "trace-a"), Result("2", trace: "trace-b")).ShouldBe(
        [
            new RecordOutcome.Written("1", false), new RecordOutcome.Written("2", false), new RecordOutcome.Written("3", true),
        ]);

    [Fact]
    public void Results_without_a_trace_id_are_matched_by_their_lower_cased_id() =>
        Of(Result("2", email: "B@example.com"), Result("1", email: "a@example.com"), Result("9", email: "somebody@else.example")).ShouldBe(
        [
            new RecordOutcome.Written("1", false), new RecordOutcome.Written("2", false), new RecordOutcome.Unknown(),
        ]);

    [Fact]
    public void A_trace_id_counts_more_than_an_address_since_that_may_be_a_secondary_one() =>
        Of(Result("1", trace: "trace-a", email: "b@example.com"))[..2].ShouldBe([new RecordOutcome.Written("1", false), new RecordOutcome.Unknown()]);

    [Theory]
    [InlineData("objectWriteTraceId", "trace-b")]
    [InlineData("ids", "B@example.com")]
    [InlineData("id", "b@example.com")]
    public void A_refusal_finds_its_input(string context, string value)
    {
        var problem = Problem(context, value);

        var outcomes = UpsertOutcomes.Of(Inputs, new() { Results = [Result("1", "trace-a"), Result("3", "trace-c")], Errors = [problem] });

        outcomes[1].ShouldBe(new RecordOutcome.Refused(problem));
        outcomes[0].ShouldBeOfType<RecordOutcome.Written>();
        outcomes[2].ShouldBeOfType<RecordOutcome.Written>();
    }

    [Fact]
    public void One_refusal_may_name_several_inputs()
    {
        var outcomes = UpsertOutcomes.Of(Inputs, new() { Errors = [Problem("ids", "a@example.com", "c@example.com")] });

        outcomes.Select(outcome => outcome.GetType()).ShouldBe([typeof(RecordOutcome.Refused), typeof(RecordOutcome.Unknown), typeof(RecordOutcome.Refused)]);
    }

    [Fact]
    public void What_is_neither_written_nor_refused_is_unknown_and_not_successful() =>
        Of().ShouldAllBe(outcome => outcome is RecordOutcome.Unknown);

    [Fact]
    public void A_result_without_an_id_tells_nothing() => Of(Result(null, "trace-a"))[0].ShouldBeOfType<RecordOutcome.Unknown>();

    private static RecordOutcome[] Of(params UpsertedContact[] results) => [.. UpsertOutcomes.Of(Inputs, new() { Results = results })];

    private static ContactUpsert Input(string name) =>
        new() { Id = $"{name}@example.com", ObjectWriteTraceId = $"trace-{name}", Properties = new Dictionary<string, string>() };

    private static UpsertedContact Result(string? id, string? trace = null, bool isNew = false, string? email = null) =>
        new() { Id = id, ObjectWriteTraceId = trace, New = isNew, Properties = new(email) };

    private static HubSpotProblem Problem(string context, params string[] values) =>
        new() { Message = "no", Context = new Dictionary<string, IReadOnlyList<string>> { [context] = values } };
}
