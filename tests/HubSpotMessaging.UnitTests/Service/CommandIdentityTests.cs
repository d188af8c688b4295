using HubSpotMessaging.Contracts;
using HubSpotMessaging.Service.Consumers;

namespace HubSpotMessaging.UnitTests.Service;

public sealed class CommandIdentityTests
{
    [Fact]
    public void The_same_command_and_end_have_the_same_outcome_id_and_others_another()
    {
        var id = Of("order-8842").OutcomeId<ContactSynced>();

        Of("order-8842").OutcomeId<ContactSynced>().ShouldBe(id);
        Of("order-8843").OutcomeId<ContactSynced>().ShouldNotBe(id);
        Of("order-8842").OutcomeId<CommandRejected>().ShouldNotBe(id);
        (Of("order-8842") with { CommandType = "EnrollInWorkflow" }).OutcomeId<ContactSynced>().ShouldNotBe(id);
        id.ToString()[14].ShouldBe('8'); // The version.
    }

    [Fact]
    public void Without_a_key_every_outcome_has_an_id_of_its_own() =>
        Of(null).OutcomeId<ContactSynced>().ShouldNotBe(Of(null).OutcomeId<ContactSynced>());

    private static CommandIdentity Of(string? key) => new() { CommandType = "SyncContact", Key = key, MessageId = null, OccurredAt = default };
}
