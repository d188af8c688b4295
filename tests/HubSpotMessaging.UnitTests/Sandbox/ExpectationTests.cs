using System.Text.Json.Nodes;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Sandbox.Samples;

namespace HubSpotMessaging.UnitTests.Sandbox;

public sealed class ExpectationTests
{
    private static readonly Outcome Created = Outcome.Of(new ContactSynced { Email = "ada@example.com", ContactId = "1", Result = ContactSyncResult.Created });

    [Fact]
    public void An_outcome_may_have_more_fields_than_are_declared() =>
        Of("ContactSynced", ("result", "Created")).DifferenceFrom(Created).ShouldBeNull();

    [Fact]
    public void Another_event_is_a_difference() =>
        Of("CommandRejected").DifferenceFrom(Created).ShouldBe("CommandRejected was declared");

    [Fact]
    public void Another_value_is_a_difference() =>
        Of("ContactSynced", ("result", "Updated")).DifferenceFrom(Created).ShouldBe("result \"Updated\" was declared, not \"Created\"");

    [Fact]
    public void A_field_that_is_not_there_is_a_difference() =>
        Of("ContactSynced", ("category", "CONFLICT")).DifferenceFrom(Created).ShouldBe("category \"CONFLICT\" was declared, not null");

    private static Expectation Of(string name, params IEnumerable<(string Name, string Value)> fields) =>
        new(name, fields.ToDictionary(field => field.Name, field => (JsonNode?)field.Value, StringComparer.Ordinal));
}
