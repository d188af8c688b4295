using System.Text.Json.Nodes;
using HubSpotMessaging.IntegrationTests.DeadLetters;

namespace HubSpotMessaging.IntegrationTests.Operators;

/// <summary>What operators see is how it is.</summary>
public sealed class StatusTests(ReadingInstallation fixture) : IClassFixture<ReadingInstallation>
{
    private const string Queue = "hubspot-sync-contact";

    [Fact]
    public async Task The_status_tells_outcomes_quota_and_grant()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var closing = errors;
        using var closingApi = api;
        await PublishAsync(installation, "status-done", """{"firstname":"Ada"}""", "2026-10-02T00:00:00Z");
        await installation.Bus.OutcomeAsync("ContactSynced", "status-done");
        (await api.GetAsync("status"))["quota"]!["used"]!.GetValue<int>().ShouldBeGreaterThan(0);
        await PublishAsync(installation, "status-late", """{"firstname":"Eve"}""", "2026-10-01T00:00:00Z");
        await installation.Bus.OutcomeAsync("ContactSynced", "status-late");
        await PublishAsync(installation, "status-bad", """{"shoe_size":"9"}""", "2026-10-03T00:00:00Z");
        await installation.Bus.OutcomeAsync("CommandRejected", "status-bad");

        foreach (var outcome in (string[])["succeeded", "superseded", "rejected"])
            await Eventually.BecomesTrueAsync(async () => Sum(await api.GetAsync("status"), outcome) == Told(installation, outcome), $"as many have {outcome} as were told of");

        var status = await api.GetAsync("status");
        var minutes = status["outcomes"]!.AsArray().Select(minute => (DateTimeOffset)minute!["minute"]!).ToList();
        minutes.Count.ShouldBe(60);
        minutes.Zip(minutes.Skip(1), (one, next) => next - one).ShouldAllBe(step => step == TimeSpan.FromMinutes(1));
        ((DateTimeOffset)status["at"]! - minutes[^1]).TotalSeconds.ShouldBeInRange(0, 60);
        var counted = (DateTimeOffset)status["outcomes"]!.AsArray().Last(minute => (long)minute!["rejected"]! > 0)!["minute"]!;
        (await installation.Redis.KeyTimeToLiveAsync($"hubspot:outcomes:{counted.ToUnixTimeSeconds() / 60}")).ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromMinutes(115), TimeSpan.FromHours(2));

        var quota = status["quota"]!;
        quota["max"]!.GetValue<int>().ShouldBe(1_000_000); // As the emulator tells.
        quota["windowSeconds"]!.GetValue<double>().ShouldBe(10);
        quota["others"]!.GetValue<int>().ShouldBe(0);

        var connection = status["connection"]!;
        connection["wantsConnecting"]!.GetValue<bool>().ShouldBeFalse();
        connection["scopes"]!.AsArray().Select(scope => (string?)scope).ShouldContain("crm.objects.contacts.write");
        ((DateTimeOffset)connection["tokenExpiresAt"]! - (DateTimeOffset)connection["tokenObtainedAt"]!).ShouldBe(
            TimeSpan.FromSeconds((long)await installation.Redis.StringGetAsync("hs_access_token_expiry")));
    }

    [Fact]
    public async Task The_age_of_a_queue_is_an_upper_bound_and_a_pause_hides_when_it_is_drained()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var closing = errors;
        using var closingApi = api;
        await Eventually.BecomesTrueAsync(async () => Find(await api.GetAsync("status"))?["waiting"]!.GetValue<int>() == 0, "nothing waits");
        await api.PostAsync("pause", new { command = "SyncContact" });
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.ConsumersAsync(Queue) == 0, "nothing is consumed");

        var published = TimeProvider.System.GetTimestamp();
        foreach (var command in (string[])["aged-1", "aged-2", "aged-3"])
            await PublishAsync(installation, command, """{"firstname":"Ada"}""", "2020-01-01T00:00:00Z"); // Long true, and not long under way.
        await Eventually.BecomesTrueAsync(async () => Find(await api.GetAsync("status"))!["waiting"]!.GetValue<int>() == 3, "three wait");

        var atLeast = TimeProvider.System.GetElapsedTime(published).TotalSeconds;
        var queue = Find(await api.GetAsync("status"))!;
        var age = queue["oldestSeconds"]!.GetValue<double>();
        age.ShouldBeGreaterThanOrEqualTo(atLeast - 0.1);
        age.ShouldBeLessThan(atLeast + 10); // It is not since when it is true.
        queue["drainSeconds"].ShouldBeNull();

        await api.PostAsync("resume", new { });
        await installation.Bus.OutcomeAsync("ContactSynced", "aged-3");
        await Eventually.BecomesTrueAsync(async () => Find(await api.GetAsync("status")) is { } idle && idle["waiting"]!.GetValue<int>() == 0 && idle["oldestSeconds"] is null, "nothing waits again");
    }

    [Fact]
    public async Task Whoever_follows_the_status_sees_a_pause_at_once_and_does_not_keep_the_service_from_ending()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var closing = errors;
        using var closingApi = api;
        var replica = await installation.AddReplicaAsync(settings => settings["DeadLetters__Read"] = "false");
        using var http = new HttpClient();
        await using var live = await LiveStream.OpenAsync(http, replica.Address);
        (await live.UntilAsync(_ => true, TimeSpan.FromSeconds(30)))["connection"]!["state"]!.GetValue<string>().ShouldBe("Connected");

        await api.PostAsync("pause", new { command = "PostTimelineEvent", note = "to be seen" });
        var paused = await live.UntilAsync(status => status["reasons"]!.AsArray().Count > 0, TimeSpan.FromSeconds(30));
        paused["reasons"]![0]!["detail"]!.GetValue<string>().ShouldBe("to be seen");
        paused["delivers"]!.GetValue<bool>().ShouldBeFalse();
        await api.PostAsync("resume", new { });

        var stopping = replica.Process.StopAsync(TimeSpan.FromSeconds(30));
        await live.EndsAsync(TimeSpan.FromSeconds(30));
        (await stopping).ShouldBe(0);
    }

    private static Task PublishAsync(Installation installation, string command, string properties, string occurredAt) => installation.Bus.PublishAsync("SyncContact", $$"""
        {"commandId":"{{command}}","occurredAt":"{{occurredAt}}","email":"status@example.com","properties":{{properties}}}
        """);

    /// <summary>Of how many commands it was told that they have ended so, since the service was started with an empty Redis.</summary>
    private static int Told(Installation installation, string outcome) => installation.Bus.Seen.Count(seen => outcome == seen switch
    {
        { Event: "CommandRejected" } => "rejected",
        { Event: "ContactSynced" } when (string?)seen.Message["result"] == "Superseded" => "superseded",
        { Event: "ContactSynced" or "ContactEnrolledInWorkflow" or "TimelineEventPosted" } => "succeeded",
        _ => null,
    });

    private static long Sum(JsonNode status, string outcome) => status["outcomes"]!.AsArray().Sum(minute => (long)minute![outcome]!);

    private static JsonNode? Find(JsonNode status) => status["queues"]!.AsArray().SingleOrDefault(queue => (string?)queue!["name"] == Queue);
}
