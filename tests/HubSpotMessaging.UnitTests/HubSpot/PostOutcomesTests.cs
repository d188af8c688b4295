using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Timeline;

namespace HubSpotMessaging.UnitTests.HubSpot;

public sealed class PostOutcomesTests
{
    private static readonly TimelineEvent[] Inputs = [Input("a"), Input("b"), Input("b", template: "2")];

    [Fact]
    public void Results_are_matched_by_template_and_id_in_whichever_order_they_come() =>
        Of(Inputs, Result("b", "2"), Result("a", "1"), Result("b", "1")).ShouldBe([Posted("a"), Posted("b"), Posted("b")]);

    [Fact]
    public void A_result_of_one_template_tells_nothing_of_another_and_one_without_a_template_nothing_of_two() =>
        Of(Inputs, Result("a", "2"), Result("b", template: null)).ShouldAllBe(outcome => outcome is RecordOutcome.Unknown);

    [Fact]
    public void A_result_without_a_template_is_that_of_the_only_event_with_its_id() =>
        Of(Inputs, Result("a", template: null))[0].ShouldBe(Posted("a"));

    [Fact]
    public void Ids_that_differ_in_case_are_different() => Of(Inputs, Result("A", "1"))[0].ShouldBeOfType<RecordOutcome.Unknown>();

    [Theory]
    [InlineData("id")]
    [InlineData("ids")]
    public void A_refusal_finds_its_event_unless_two_have_the_id_that_it_names(string context)
    {
        var problem = new HubSpotProblem { Message = "no", Context = new Dictionary<string, IReadOnlyList<string>> { [context] = ["a", "b"] } };

        var outcomes = PostOutcomes.Of(Inputs, new() { Results = [Result("b", "1")], Errors = [problem] });

        outcomes.ShouldBe([new RecordOutcome.Refused(problem), Posted("b"), new RecordOutcome.Unknown()]);
    }

    [Fact]
    public void Of_a_lone_event_a_refusal_speaks_that_names_nothing_and_no_result_of_another()
    {
        var problem = new HubSpotProblem { Message = "no" };

        Of([Inputs[0]], Result("another", "1")).ShouldBe([new RecordOutcome.Unknown()]); // It has its own id.
        PostOutcomes.Of([Inputs[0]], new() { Errors = [problem] }).ShouldBe([new RecordOutcome.Refused(problem)]);
        Of([Inputs[0]]).ShouldBe([new RecordOutcome.Unknown()]);
    }

    private static IReadOnlyList<RecordOutcome> Of(TimelineEvent[] inputs, params PostedTimelineEvent[] results) => PostOutcomes.Of(inputs, new() { Results = results });

    private static RecordOutcome Posted(string id) => new RecordOutcome.Written(id, IsNew: false);

    private static TimelineEvent Input(string id, string template = "1") => new() { EventTemplateId = template, Id = id, Tokens = new Dictionary<string, string>() };

    private static PostedTimelineEvent Result(string id, string? template) => new() { Id = id, EventTemplateId = template };
}
