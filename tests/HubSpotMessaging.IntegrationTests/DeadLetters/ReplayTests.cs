using System.Net;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>What operators do with dead letters, to its end at HubSpot.</summary>
public sealed class ReplayTests(ReadingInstallation fixture) : IClassFixture<ReadingInstallation>
{
    [Fact]
    public async Task A_replay_succeeds_after_the_cause_is_gone_as_the_command_that_it_was()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var _ = errors;
        var id = await installation.RejectAsync(api, "replayed", "replayed@example.com", "collar_size");

        (await ReplayAsync(api, id))["done"]!.GetValue<int>().ShouldBe(1);
        await api.HasAsync(1, "property=collar_size"); // Refused again, since nothing has changed.
        installation.AddProperty("collar_size");
        await ReplayAsync(api, (string)(await api.ListAsync())[0]["id"]!);

        var synced = await installation.Bus.OutcomeAsync("ContactSynced", "replayed");
        ((DateTimeOffset)synced["occurredAt"]!).ShouldBe(new DateTimeOffset(2026, 10, 1, 11, 0, 0, TimeSpan.Zero));
        installation.Contact("replayed@example.com")!.Properties["collar_size"].ShouldBe("burger");
        await api.HasAsync(0);
        (await ReplayAsync(api, id))["gone"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task A_correction_changes_what_is_wrong_and_leaves_the_rest()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var _ = errors;
        var id = await installation.RejectAsync(api, "corrected", "wrong@example.com", "waist_size");

        var refused = await api.PostAsync("dead-letters/correct", new { ids = new[] { id }, correction = new { email = "no address" } });
        refused["failures"]![0]!["reason"]!.GetValue<string>().ShouldContain("not an e-mail address");
        (await api.PostAsync("dead-letters/correct", new
        {
            ids = new[] { id },
            correction = new { email = "right@example.com", properties = new { lastname = "King" }, remove = (List<string>)["waist_size"] },
        }))["done"]!.GetValue<int>().ShouldBe(1);

        var synced = await installation.Bus.OutcomeAsync("ContactSynced", "corrected");
        ((DateTimeOffset)synced["occurredAt"]!).ShouldBe(new DateTimeOffset(2026, 10, 1, 11, 0, 0, TimeSpan.Zero));
        var contact = installation.Contact("right@example.com")!;
        (contact.Properties["firstname"], contact.Properties["lastname"]).ShouldBe(("Ada", "King"));
        installation.Contact("wrong@example.com").ShouldBeNull();
        (await api.GetAsync("trail?count=1"))[0]!["details"]!.GetValue<string>().ShouldBe($"{id}; email, lastname, without waist_size");
    }

    [Fact]
    public async Task A_group_is_corrected_at_once_and_what_cannot_be_read_gets_a_new_body()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var _ = errors;
        await errors.FillAsync(150, "ring_size");
        await installation.Bus.SendAsync("hubspot-sync-contact", "{ \"email\": "u8.ToArray(), Guid.NewGuid().ToString());
        await api.HasAsync(151);

        (await api.PostAsync("dead-letters/correct", new
        {
            filter = new { property = "ring_size" },
            correction = new { properties = new Dictionary<string, string> { ["jobtitle"] = "Analyst" }, remove = (List<string>)["ring_size"] },
        }))["done"]!.GetValue<int>().ShouldBe(150);
        await Eventually.BecomesTrueAsync(
            () => installation.HubSpot.Contacts.Count(contact => contact.Properties.GetValueOrDefault("jobtitle") == "Analyst") == 150, "all are written");

        var broken = (await api.ListAsync()).ShouldHaveSingleItem();
        await api.PostAsync("dead-letters/correct", new
        {
            ids = new[] { (string)broken["id"]! },
            correction = new { body = """{"commandId":"mended","email":"mended@example.com"}""" },
        });
        await installation.Bus.OutcomeAsync("ContactSynced", "mended");
    }

    [Fact]
    public async Task What_is_older_than_what_hubspot_has_is_asked_about_and_true_now_makes_it_the_newest()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var _ = errors;
        var id = await installation.RejectAsync(api, "older", "stale@example.com", "glove_size");
        installation.AddProperty("glove_size");
        await installation.Bus.PublishAsync(
            "SyncContact", """{"commandId":"newer","occurredAt":"2026-10-02T11:00:00Z","email":"stale@example.com","properties":{"firstname":"Augusta"}}""");
        await installation.Bus.OutcomeAsync("ContactSynced", "newer");

        var question = await api.PostAsync("dead-letters/replay", new { ids = new[] { id } }, HttpStatusCode.Conflict);
        question["count"]!.GetValue<int>().ShouldBe(1);
        question["outdated"]![0]!["properties"]!.AsArray().Select(name => (string?)name).ShouldBe(["firstname"]);
        await api.HasAsync(1); // Nothing has been done.

        await api.PostAsync("dead-letters/replay", new { ids = new[] { id }, confirm = true });
        var synced = await installation.Bus.OutcomeAsync("ContactSynced", "older");
        synced["skippedProperties"]!.AsArray().Select(name => (string?)name).ShouldBe(["firstname"]);
        installation.Contact("stale@example.com")!.Properties["firstname"].ShouldBe("Augusta");

        var second = await installation.RejectAsync(api, "old-but-true", "stale@example.com", "hood_size");
        installation.AddProperty("hood_size");
        await api.PostAsync("dead-letters/correct", new { ids = new[] { second }, correction = new { trueNow = true } });
        await installation.Bus.OutcomeAsync("ContactSynced", "old-but-true");
        installation.Contact("stale@example.com")!.Properties["firstname"].ShouldBe("Ada");
    }

    [Fact]
    public async Task Enrolments_and_timeline_events_go_back_to_their_own_queues()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var _ = errors;
        await installation.Bus.PublishAsync("EnrollInWorkflow", """{"commandId":"enrol","email":"enrolled@example.com","workflow":"nameless","properties":{"firstname":"Ada"}}""");
        await installation.Bus.PublishAsync("PostTimelineEvent", """{"commandId":"event","eventType":"999","email":"enrolled@example.com","tokens":{}}""");
        await api.HasAsync(2);
        var letters = await api.ListAsync();
        ((string?)letters.Single(letter => (string?)letter["command"] == "EnrollInWorkflow")["workflow"]).ShouldBe("nameless");

        await api.PostAsync("dead-letters/correct", new { filter = new { command = "EnrollInWorkflow" }, correction = new { workflow = "welcome" } });
        await installation.Bus.OutcomeAsync("ContactEnrolledInWorkflow", "enrol");
        await api.PostAsync("dead-letters/replay", new { filter = new { command = "PostTimelineEvent" } });
        await Eventually.BecomesTrueAsync(() => installation.Bus.Seen.Count(seen => seen.Event == "CommandRejected" && (string?)seen.Message["commandId"] == "event") == 2, "it is refused again");
    }

    [Fact]
    public async Task What_is_discarded_is_gone_and_the_trail_says_why()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var _ = errors;
        var id = await installation.RejectAsync(api, "unwanted", "unwanted@example.com", "boot_size");

        await api.PostAsync("dead-letters/discard", new { ids = new[] { id } }, HttpStatusCode.BadRequest);
        await api.PostAsync("dead-letters/discard", new { ids = new[] { id }, all = true, reason = "both" }, HttpStatusCode.BadRequest);
        await api.PostAsync("dead-letters/replay", new { filter = new { } }, HttpStatusCode.BadRequest);
        await api.HasAsync(1);
        (await api.PostAsync("dead-letters/discard", new { ids = new[] { id }, reason = "a customer of last year" }))["done"]!.GetValue<int>().ShouldBe(1);

        await api.HasAsync(0);
        (await errors.BodiesAsync()).ShouldBeEmpty();
        var entry = (await api.GetAsync("trail?count=1"))[0]!;
        ((string?)entry["action"], (string?)entry["details"], (int?)entry["count"]).ShouldBe(("Discard", $"{id}; a customer of last year", 1));
    }

    [Fact]
    public async Task What_failed_after_the_newest_that_was_seen_is_not_meant()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var _ = errors;
        await installation.RejectAsync(api, "seen", "seen@example.com", "cap_size");
        var newest = await installation.RejectAsync(api, "seen-too", "seen-too@example.com", "hat_size");
        var later = await installation.RejectAsync(api, "unseen", "unseen@example.com", "wig_size");

        (await api.PostAsync("dead-letters/discard", new { all = true, upTo = newest, reason = "seen" }))["done"]!.GetValue<int>().ShouldBe(2);

        (await api.ListAsync()).Select(letter => (string?)letter["id"]).ShouldBe([later]);
    }

    private static Task<JsonNode> ReplayAsync(OperatorApi api, string id) => api.PostAsync("dead-letters/replay", new { ids = new[] { id } });
}
