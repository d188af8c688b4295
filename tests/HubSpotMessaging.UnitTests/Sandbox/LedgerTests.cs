using System.Net.Http.Headers;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Sandbox.Delivery;
using HubSpotMessaging.Sandbox.Samples;

namespace HubSpotMessaging.UnitTests.Sandbox;

/// <summary>The sandbox's verdict, against an emulator that holds what the outcomes tell, or something else.</summary>
public sealed class LedgerTests : IAsyncLifetime
{
    private const string Email = "ada@example.com";
    private const long Portal = 1234567;

    private static readonly SyncContact Sync = new() { CommandId = "s", Email = " ADA@example.com", Properties = new Dictionary<string, string?> { ["city"] = "London", ["phone"] = null } };
    private static readonly EnrollInWorkflow Enroll = new() { CommandId = "e", Email = Email, Workflow = "1001" };
    private static readonly PostTimelineEvent Post = new() { CommandId = "t", EventType = "1001298", Email = Email, Tokens = new Dictionary<string, string?> { ["orderNumber"] = "1" } };

    private readonly Ledger _ledger = new();
    private EmulatorServer _hubSpot = null!;

    public async ValueTask InitializeAsync() => _hubSpot = await EmulatorServer.StartAsync();

    public ValueTask DisposeAsync() => _hubSpot.DisposeAsync();

    [Fact]
    public async Task True_outcomes_leave_no_difference()
    {
        HoldContact("London");
        await CallAsync("automation/v2/workflows/1001/enrollments/contacts/ada@example.com");
        await PostEventAsync("1");
        Enter(Sync, Synced());
        Enter(Enroll, Enrolled());
        Enter(Enroll, Enrolled()); // The second had no effect.
        Enter(Post, Posted());
        Enter(Sync with { Email = "nobody@example.com" }, Rejected("VALIDATION_ERROR"));

        _ledger.DifferencesFrom(_hubSpot).ShouldBeEmpty();
    }

    [Fact]
    public void A_success_that_HubSpot_knows_nothing_of_is_a_difference()
    {
        Enter(Sync, Synced());
        Enter(Enroll, Enrolled());
        Enter(Post, Posted());

        _ledger.DifferencesFrom(_hubSpot).ShouldBe(
        [
            "HubSpot holds 0 contacts with the address ada@example.com, not one.",
            "HubSpot has not enrolled ada@example.com in workflow 1001.",
            "HubSpot does not hold the event t of the template 1001298.",
        ]);
    }

    [Fact]
    public async Task Other_values_than_the_outcomes_tell_are_a_difference()
    {
        HoldContact("Paris");
        await PostEventAsync("2");
        Enter(Sync, Synced());
        Enter(Post, Posted());

        _ledger.DifferencesFrom(_hubSpot).ShouldBe(
        [
            "HubSpot holds city \"Paris\" of ada@example.com, not \"London\".",
            "HubSpot holds the event t of the template 1001298 with other tokens.",
        ]);
    }

    [Fact]
    public void A_property_that_was_skipped_as_older_keeps_what_it_had()
    {
        HoldContact("Paris");
        Enter(Sync, Synced("city"));

        _ledger.DifferencesFrom(_hubSpot).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_done_for_a_rejected_command_is_a_difference()
    {
        HoldContact("London");
        await CallAsync("automation/v2/workflows/1001/enrollments/contacts/ada@example.com");
        await PostEventAsync("1");
        Enter(Sync, Rejected("VALIDATION_ERROR"));
        Enter(Enroll, Rejected("CONTACT_NOT_FOUND"));
        Enter(Post, Rejected("VALIDATION_ERROR"));

        _ledger.DifferencesFrom(_hubSpot).ShouldBe(
        [
            "HubSpot holds a contact ada@example.com, of which no outcome tells.",
            "HubSpot has enrolled ada@example.com in workflow 1001 1 times, and outcomes tell of 0.",
            "HubSpot holds an event t of the template 1001298, of which no outcome tells.",
        ]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_said_to_be_unknown_may_have_been_done_or_not(bool done)
    {
        if (done)
        {
            HoldContact("London");
            await CallAsync("automation/v2/workflows/1001/enrollments/contacts/ada@example.com");
            await PostEventAsync("1");
        }

        Enter(Sync, Rejected(RejectionCategories.NoOutcome));
        Enter(Enroll, Rejected(RejectionCategories.OutcomeUnknown));
        Enter(Post, null);

        _ledger.DifferencesFrom(_hubSpot).ShouldBeEmpty();
    }

    [Fact]
    public void An_unknown_enrolment_leaves_no_doubt_about_the_contact()
    {
        HoldContact("Paris");
        Enter(Sync, Synced());
        Enter(Enroll, Rejected(RejectionCategories.OutcomeUnknown));

        _ledger.DifferencesFrom(_hubSpot).ShouldBe(["HubSpot holds city \"Paris\" of ada@example.com, not \"London\"."]);
    }

    [Fact]
    public void A_refusal_before_anything_was_written_leaves_no_doubt()
    {
        Enter(Sync, Synced());
        Enter(Enroll with { Properties = new Dictionary<string, string?> { ["city"] = "Rome" } }, Rejected(RejectionCategories.Expired));

        _ledger.DifferencesFrom(_hubSpot).ShouldBe(["HubSpot holds 0 contacts with the address ada@example.com, not one."]);
    }

    [Theory]
    [InlineData("2026-09-10T12:00:00.000Z", "2026-09-10T12:00:00Z")]
    [InlineData("2026-09-10T12:00:00.000Z", "1789041600000")]
    [InlineData("2026-09-10T12:00:00.000Z", "2026-09-10T14:00:00+02:00")]
    [InlineData("true", "TRUE")]
    [InlineData("billing;support", ";billing;support")]
    public void A_value_in_HubSpots_own_form_is_the_same_value(string held, string sent)
    {
        HoldContact(held);
        Enter(Sync with { Properties = new Dictionary<string, string?> { ["city"] = sent } }, Synced());

        _ledger.DifferencesFrom(_hubSpot).ShouldBeEmpty();
    }

    [Fact]
    public async Task Blanks_around_an_event_are_not_part_of_it()
    {
        HoldContact("London");
        await PostEventAsync("1");
        Enter(Sync, Synced());
        Enter(Post with { EventType = " 1001298 ", Email = " ", ObjectId = "1" }, Posted());

        _ledger.DifferencesFrom(_hubSpot).ShouldBeEmpty();
    }

    private void Enter(IHubSpotCommand command, Outcome? outcome) =>
        _ledger.Enter(new(new Sample { Type = command.GetType().Name, Command = command }, outcome, Answers: "", Difference: null));

    private static Outcome Synced(params IReadOnlyList<string> skipped) => Outcome.Of(new ContactSynced { Email = Email, ContactId = "1", SkippedProperties = skipped });

    private static Outcome Enrolled() => Outcome.Of(new ContactEnrolledInWorkflow { Email = Email, ContactId = "1", Workflow = "1001", WorkflowId = "1001" });

    private static Outcome Posted() => Outcome.Of(new TimelineEventPosted { EventType = "1001298", EventId = "t" });

    private static Outcome Rejected(string category) => Outcome.Of(new CommandRejected { CommandType = "", Category = category, Message = "" });

    private void HoldContact(string city) => _hubSpot.AddContact(Portal, new Dictionary<string, string> { ["email"] = Email, ["city"] = city });

    private Task PostEventAsync(string orderNumber) => CallAsync(
        "integrators/timeline/v3/events",
        $$$"""{"eventTemplateId":"1001298","id":"t","email":"ada@example.com","tokens":{"orderNumber":"{{{orderNumber}}}"}}""");

    private async Task CallAsync(string path, string body = "")
    {
        using var http = new HttpClient { BaseAddress = _hubSpot.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", _hubSpot.Grant(Portal).AccessToken);
        using var content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json"));
        using var answer = await http.PostAsync(path, content);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }
}
