using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.Enrollments;

/// <summary>An enrolment is done once for each idempotency key, whoever publishes it again and whoever crashes in its middle.</summary>
public sealed class EnrollmentTests(Servers servers)
{
    private static readonly FaultMatch Enrolling = new() { Method = "POST", Path = "/automation/v2/*" };

    [Fact]
    public async Task The_same_key_is_sent_once_and_answered_alike_as_often_as_it_comes()
    {
        await using var installation = await Installation.StartAsync(servers);
        await installation.AddReplicaAsync();
        var bus = installation.Bus;
        await bus.PublishAsync("SyncContact", """{"commandId":"contact","email":"ada@example.com"}""");
        await bus.OutcomeAsync("ContactSynced", "contact");

        // While the first is under way, the second waits; whatever it says, it is the same command.
        var held = installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.HoldAnswer, Match = Enrolling });
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"order-1","email":"ada@example.com","workflow":"1001"}""");
        await held.WhenHitAsync();
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"order-1","email":"ada@example.com","workflow":"1002"}""");
        await Eventually.BecomesTrueAsync(
            async () => await bus.DepthAsync("hubspot-wait-1s") + await bus.DepthAsync("hubspot-wait-5s") == 1, "the second waits");
        installation.HubSpot.Faults.Clear();
        await OutcomesAsync(bus, "order-1", 2);
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"order-1","email":"ada@example.com","workflow":"1001"}""");
        var outcomes = await OutcomesAsync(bus, "order-1", 3);

        outcomes.Select(outcome => outcome.MessageId).Distinct().ShouldHaveSingleItem();
        outcomes.ShouldAllBe(outcome => (string?)outcome.Message["workflowId"] == "1001" && (string?)outcome.Message["contactId"] != null);
        Enrollings(installation).ShouldBe(1);
    }

    [Fact]
    public async Task A_crash_before_the_record_is_made_up_for_by_asking_and_what_that_does_not_prove_is_not_sent_again()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["HubSpot__RequestTimeout"] = "00:00:02");
        var bus = installation.Bus;
        await CrashAsync(installation);

        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "stays", seconds: 60);
        ((string?)(await bus.OutcomeAsync("CommandRejected", "ends", seconds: 60))["category"]).ShouldBe("OUTCOME_UNKNOWN");

        Enrollings(installation).ShouldBe(2);
        installation.HubSpot.Enrollments.Select(enrollment => enrollment.WorkflowId).Order().ShouldBe([1001, 1002]);
    }

    [Fact]
    public async Task A_crash_leads_to_a_second_enrolment_where_that_is_wanted_and_the_first_is_not_proven()
    {
        await using var installation = await Installation.StartAsync(servers, settings =>
        {
            settings["HubSpot__RequestTimeout"] = "00:00:02";
            settings["Delivery__ResendUncertainEnrollments"] = "true";
        });
        var bus = installation.Bus;
        await CrashAsync(installation);

        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "stays", seconds: 60);
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "ends", seconds: 60);

        installation.HubSpot.Enrollments.Select(enrollment => enrollment.WorkflowId).Order().ShouldBe([1001, 1002, 1002]);
    }

    [Fact]
    public async Task A_refusal_leaves_the_way_free_for_a_corrected_one()
    {
        await using var installation = await Installation.StartAsync(servers);
        var bus = installation.Bus;
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"corrected","email":"ada@example.com","workflow":"1003","properties":{"firstname":"Ada"}}""");
        await bus.OutcomeAsync("CommandRejected", "corrected");

        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"corrected","email":"ada@example.com","workflow":"1001"}""");
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "corrected");

        // A workflow that is not there is nothing to wait for.
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"nowhere","email":"ada@example.com","workflow":"4711"}""");
        await bus.OutcomeAsync("CommandRejected", "nowhere");
        installation.HubSpot.Enrollments.ShouldHaveSingleItem().WorkflowId.ShouldBe(1001);
    }

    /// <summary>Kills the service between HubSpot's deed and its answer, for one workflow that keeps its contacts and one that does not.</summary>
    private static async Task CrashAsync(Installation installation)
    {
        var bus = installation.Bus;
        await bus.PublishAsync("SyncContact", """{"commandId":"contact","email":"ada@example.com"}""");
        await bus.OutcomeAsync("ContactSynced", "contact");
        var held = installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.HoldAnswer, Match = Enrolling });
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"stays","email":"ada@example.com","workflow":"1001"}""");
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"ends","email":"ada@example.com","workflow":"1002"}""");
        await held.WhenHitAsync(2);
        await Eventually.BecomesTrueAsync(() => installation.HubSpot.Enrollments.Count == 2, "both are enrolled");

        installation.Service.Kill();
        installation.HubSpot.Faults.Clear();
        await installation.StartServiceAsync();
    }

    private static int Enrollings(Installation installation) => installation.HubSpot.Calls.Count(call =>
        call.Method == "POST" && call.Path.Contains("/enrollments/contacts/", StringComparison.Ordinal));

    private static async Task<IReadOnlyList<(string Event, System.Text.Json.Nodes.JsonObject Message, string? MessageId)>> OutcomesAsync(AmqpClient bus, string key, int count)
    {
        await Eventually.BecomesTrueAsync(() => Find().Count == count, $"{count} outcomes came");
        return Find();

        List<(string Event, System.Text.Json.Nodes.JsonObject Message, string? MessageId)> Find() =>
            [.. bus.Seen.Where(seen => seen.Event == "ContactEnrolledInWorkflow" && (string?)seen.Message["commandId"] == key)];
    }
}
