using System.Text;
using System.Text.Json.Nodes;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>The service is killed (SIGKILL) over a replay, and the next process finishes it.</summary>
[Collection(typeof(WithHeldInstallation))]
public sealed class ReplayCrashTests(HeldInstallation fixture)
{
    private const string Events = "hubspot-post-timeline-event";

    /// <summary>How a frame of <c>basic.ack</c> goes on behind its channel: 13 bytes, class 60, method 80.</summary>
    private static readonly byte[] BasicAck = [0, 0, 0, 13, 0, 60, 0, 80];

    /// <summary>What of a replay does not come to pass any more.</summary>
    private enum Step
    {
        TellTheReader,
        ReadTheContents,
        LearnThatTheBrokerHasThem,

        /// <summary>The client does not wait for it: the acknowledgements get lost on the way, and all else is done.</summary>
        AcknowledgementsArrive,
        TakeOutOfTheIndex,
        Count,
        End,
        TakeOffTheList,
    }

    [Fact]
    public async Task A_replay_that_is_killed_at_any_step_loses_nothing_and_nothing_is_effective_twice()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var shown = installation;
        await using var closing = errors;
        using var closingApi = api;
        var steps = Enum.GetValues<Step>();
        var letters = await RejectAsync(installation, api, steps);
        await PauseAsync(installation, api);

        var sent = 0u;
        foreach (var step in steps)
        {
            await ReplayAndKillAsync(installation, api, step, [letters[$"contact-{step}"], letters[$"event-{step}"]]);
            sent += Copies(step);
            (letters.Remove($"contact-{step}") && letters.Remove($"event-{step}")).ShouldBeTrue();
            await ShouldAgreeAsync(installation, api, letters.Values);
            (await DepthsAsync(installation)).ShouldBe((sent, sent), $"killed before: {step}");
        }

        await api.PostAsync("resume", new { });
        foreach (var step in steps)
            await ShouldBeEffectiveOnceAsync(installation, step);
        await ShouldAgreeAsync(installation, api, []); // None has come back.
    }

    [Fact]
    public async Task Two_of_a_dead_letter_may_come_of_it_never_none_and_the_contact_is_written_once()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var shown = installation;
        await using var closing = errors;
        using var closingApi = api;
        await PauseAsync(installation, api);
        await errors.FillAsync(2_000, "jobtitle");
        await api.HasAsync(2_000);

        var replay = api.PostAsync("dead-letters/replay", new { all = true });
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync(ErrorQueue.Bulk) > 200, "some are sent");
        fixture.ToRabbitMq.StallReplies();
        await KillAsync(installation, fixture.ToRabbitMq, replay);
        await installation.StartServiceAsync();

        await api.HasAsync(0);
        var sent = await errors.BodiesAsync(ErrorQueue.Bulk);
        Enumerable.Range(0, 2_000).Select(number => ErrorQueue.Body(number, "jobtitle")).Except(sent).ShouldBeEmpty();
        sent.Count.ShouldBeInRange(2_000, 2_200); // Those of a batch twice, and of the one before, whose acknowledgements were under way.
        (await errors.BodiesAsync()).ShouldBeEmpty();
        await api.PostAsync("resume", new { });
        await Eventually.BecomesTrueAsync(() => Writes(installation, "jobtitle") >= 2_000, "all are written");
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync(ErrorQueue.Bulk) == 0, "both of each have been delivered");
        Writes(installation, "jobtitle").ShouldBe(2_000);
    }

    /// <summary>HubSpot refuses a contact and a timeline event for each step; then the cause is gone.</summary>
    /// <returns>The ids by the keys of the commands.</returns>
    private static async Task<Dictionary<string, string>> RejectAsync(Installation installation, OperatorApi api, IReadOnlyCollection<Step> steps)
    {
        foreach (var step in steps)
        {
            await installation.Bus.PublishAsync("SyncContact", $$$"""
                {"commandId":"contact-{{{step}}}","occurredAt":"2026-10-01T11:00:00Z","email":"{{{Email(step)}}}","properties":{"firstname":"Ada","{{{Property(step)}}}":"burger"}}
                """);
            await installation.Bus.PublishAsync("PostTimelineEvent", $$$"""
                {"commandId":"event-{{{step}}}","eventType":"{{{Template(step)}}}","email":"events@example.com","tokens":{}}
                """);
        }

        await api.HasAsync(2 * steps.Count);
        foreach (var step in steps)
        {
            installation.AddProperty(Property(step));
            installation.HubSpot.Put(new EventTemplate { Id = Template(step) });
        }

        return (await api.ListAsync()).ToDictionary(letter => (string)letter["key"]!, letter => (string)letter["id"]!, StringComparer.Ordinal);
    }

    private static async Task PauseAsync(Installation installation, OperatorApi api)
    {
        var told = Paused();
        await api.PostAsync("pause", new { });
        foreach (var queue in (string[])[ErrorQueue.Bulk, Events])
            await Eventually.BecomesTrueAsync(async () => await installation.Bus.ConsumersAsync(queue) == 0, $"{queue} waits");
        await Eventually.BecomesTrueAsync(async () => Paused() > told && !await installation.Redis.KeyExistsAsync("hubspot:outbox"), "the pause is told");

        int Paused() => installation.Bus.Seen.Count(seen => seen.Event == "DeliveryPaused" && (string?)seen.Message["reason"] == "Operator");
    }

    private async Task ReplayAndKillAsync(Installation installation, OperatorApi api, Step step, string[] ids)
    {
        var selection = new { ids, confirm = true }; // Without looking for what is older.
        var before = await DepthsAsync(installation);
        var (way, reached) = HoldAt(step);
        var replay = api.PostAsync("dead-letters/replay", selection);
        await reached.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        if (step == Step.LearnThatTheBrokerHasThem)
            await Eventually.BecomesTrueAsync(async () => await DepthsAsync(installation) == (before.Contacts + 1, before.Events + 1), "both are sent");
        if (step == Step.AcknowledgementsArrive)
            await Eventually.BecomesTrueAsync(async () => await installation.Redis.ListLengthAsync(HeldInstallation.Requests) == 0, "all else is done");
        var request = (string?)await installation.Redis.ListGetByIndexAsync(HeldInstallation.Requests, 0);
        await KillAsync(installation, way, replay);
        await installation.StartServiceAsync();

        if (request is null)
            await ReplayAgainAsync(api, selection, ids);
        else
            await ShouldEndAsync(installation, api, (string)JsonNode.Parse(request)!["id"]!);
    }

    private (TcpProxy Way, Task Reached) HoldAt(Step step)
    {
        return step switch
        {
            Step.TellTheReader => Redis("PUBLISH\r\n"),
            Step.ReadTheContents => Redis("hubspot:dead-letters:contents"),
            Step.LearnThatTheBrokerHasThem => (fixture.ToRabbitMq, fixture.ToRabbitMq.StallRepliesAtAsync(BasicAck)),
            Step.AcknowledgementsArrive => (fixture.ToRabbitMq, fixture.ToRabbitMq.StallRequestsAtAsync(BasicAck)),
            Step.TakeOutOfTheIndex => Redis("hubspot:dead-letters:group:\r\n"),
            Step.Count => Redis("\"state\":\"Running\""),
            Step.End => Redis("\"state\":\"Done\""),
            Step.TakeOffTheList => Redis("LPOP\r\n"),
            _ => throw new ArgumentOutOfRangeException(nameof(step)),
        };

        (TcpProxy, Task) Redis(string mark) => (fixture.ToRedis, fixture.ToRedis.StallRequestsAtAsync(Encoding.ASCII.GetBytes(mark)));
    }

    /// <summary>How many of a command exist in the end: two of one that was sent, and that the broker was not told to forget.</summary>
    private static uint Copies(Step step) => step is Step.LearnThatTheBrokerHasThem or Step.AcknowledgementsArrive ? 2u : 1u;

    /// <summary>Kills the service; what is held on the way never arrives.</summary>
    private static async Task KillAsync(Installation installation, TcpProxy way, Task<JsonNode> replay)
    {
        installation.Service.Kill();
        await installation.Service.WaitForExitAsync();
        await ((Task)replay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // It may have been told that it is done.
        way.Cut();
        way.Resume();
        way.Mend();
        await installation.Redis.KeyDeleteAsync(["hubspot:dead-letters:reader", "hubspot:queues"]); // Its lease, for which nobody need wait, and what it saw.
    }

    /// <summary>The broker knows nothing of what was done, so that they are dead letters again.</summary>
    private static async Task ReplayAgainAsync(OperatorApi api, object selection, string[] ids)
    {
        await Eventually.BecomesTrueAsync(
            async () => (await api.ListAsync()).Select(letter => (string)letter["id"]!).Intersect(ids).Count() == ids.Length, "they are dead letters again");
        ((int)(await api.PostAsync("dead-letters/replay", selection))["done"]!).ShouldBe(ids.Length);
    }

    /// <summary>The next reader carries it out, to its end.</summary>
    private static async Task ShouldEndAsync(Installation installation, OperatorApi api, string id)
    {
        await Eventually.BecomesTrueAsync(async () => await installation.Redis.ListLengthAsync(HeldInstallation.Requests) == 0, "the request is off the list");
        var result = await api.GetAsync($"dead-letters/requests/{id}");
        ((string?)result["state"]).ShouldBe("Done");
        ((int)result["done"]! + (int)result["gone"]!).ShouldBeGreaterThanOrEqualTo(2); // What had been done, and not counted, is told as gone.
        ((int)result["failed"]!).ShouldBe(0);
    }

    /// <summary>These alone are dead letters, for the index and for whoever holds the queues.</summary>
    private static async Task ShouldAgreeAsync(Installation installation, OperatorApi api, IReadOnlyCollection<string> ids)
    {
        await Eventually.BecomesTrueAsync(
            async () => await installation.Redis.KeyExistsAsync("hubspot:queues") && await api.HeldAsync() == ids.Count,
            $"{ids.Count} dead letters are held");
        (await api.ListAsync()).Select(letter => (string)letter["id"]!).ShouldBe(ids, ignoreOrder: true);
        foreach (var queue in AmqpClient.Queues)
            (await installation.Bus.DepthAsync($"{queue}_error")).ShouldBe(0u); // But for what is held.
    }

    private static async Task ShouldBeEffectiveOnceAsync(Installation installation, Step step)
    {
        foreach (var (outcome, command) in ((string, string)[])[("ContactSynced", $"contact-{step}"), ("TimelineEventPosted", $"event-{step}")])
            await Eventually.BecomesTrueAsync(
                () => installation.Bus.Seen.Count(seen => seen.Event == outcome && (string?)seen.Message["commandId"] == command) == Copies(step), $"each {command} has its {outcome}");
        var contact = installation.Contact(Email(step))!.Properties;
        (contact["firstname"], contact[Property(step)]).ShouldBe(("Ada", "burger"));
        Writes(installation, Property(step)).ShouldBe(1, $"{step}");
        installation.HubSpot.TimelineEvents.Count(entry => entry.EventTemplateId == Template(step)).ShouldBe(1, $"{step}");
    }

    private static async Task<(uint Contacts, uint Events)> DepthsAsync(Installation installation) =>
        (await installation.Bus.DepthAsync(ErrorQueue.Bulk), await installation.Bus.DepthAsync(Events));

    private static int Writes(Installation installation, string property) => installation.HubSpot.ContactWrites.Count(write => write.Properties.ContainsKey(property));

    private static string Email(Step step) => $"{step}@example.com".ToLowerInvariant();

    private static string Property(Step step) => $"size_{step}".ToLowerInvariant();

    private static string Template(Step step) => $"999{(int)step}";
}
