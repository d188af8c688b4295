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
    private const string Requests = "hubspot:dead-letters:requests";

    /// <summary>How a frame of <c>basic.ack</c> goes on behind its channel: 13 bytes, class 60, method 80.</summary>
    private static readonly byte[] BasicAck = [0, 0, 0, 13, 0, 60, 0, 80];

    /// <summary>What the service is about to do, or to learn, when it is killed.</summary>
    public enum Step
    {
        HandIn,
        TellTheReader,
        ReadTheContents,
        LearnThatTheBrokerHasThem,
        Acknowledge,
        TakeOutOfTheIndex,
        Count,
        End,
        TakeOffTheList,
    }

    [Theory]
    [InlineData(Step.HandIn, 1)]
    [InlineData(Step.TellTheReader, 1)]
    [InlineData(Step.ReadTheContents, 1)]
    [InlineData(Step.LearnThatTheBrokerHasThem, 2)]
    [InlineData(Step.Acknowledge, 2)]
    [InlineData(Step.TakeOutOfTheIndex, 1)]
    [InlineData(Step.Count, 1)]
    [InlineData(Step.End, 1)]
    [InlineData(Step.TakeOffTheList, 1)]
    public async Task A_replay_that_is_killed_at_any_step_loses_nothing_and_nothing_is_effective_twice(Step step, int copies)
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var shown = installation;
        await using var closing = errors;
        using var closingApi = api;
        await errors.FillAsync(1, "bystander");
        var contact = await installation.RejectAsync(api, $"contact-{step}", $"{step}@example.com", $"size_{step}".ToLowerInvariant());
        var posted = await RejectEventAsync(installation, api, $"event-{step}", eventType: $"999{(int)step}");
        installation.AddProperty($"size_{step}".ToLowerInvariant());
        installation.HubSpot.Put(new EventTemplate { Id = $"999{(int)step}" });
        await PauseAsync(installation, api);

        var (way, reached) = HoldAt(step);
        var selection = new { ids = new[] { contact, posted }, confirm = true }; // Without the question for what is older.
        var replay = api.PostAsync("dead-letters/replay", selection);
        await reached.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        if (step == Step.LearnThatTheBrokerHasThem)
            await Eventually.BecomesTrueAsync(async () => await DepthsAsync(installation) == (1, 1), "both are sent");
        var request = (string?)await installation.Redis.ListGetByIndexAsync(Requests, 0);
        await KillAsync(installation, way, replay);
        await installation.StartServiceAsync();

        if (request is null)
        {
            await api.HasAsync(3); // Nobody has been told that it would be done, and nothing is.
            await api.PostAsync("dead-letters/replay", selection);
        }
        else
        {
            await ShouldEndAsync(installation, api, (string)JsonNode.Parse(request)!["id"]!);
        }

        await ShouldAgreeAsync(installation, api);
        (await DepthsAsync(installation)).ShouldBe(((uint)copies, (uint)copies));
        await api.PostAsync("resume", new { });
        await ShouldHaveOutcomesAsync(installation, "ContactSynced", $"contact-{step}", copies);
        await ShouldHaveOutcomesAsync(installation, "TimelineEventPosted", $"event-{step}", copies);
        var written = installation.Contact($"{step}@example.com".ToLowerInvariant())!.Properties;
        (written["firstname"], written[$"size_{step}".ToLowerInvariant()]).ShouldBe(("Ada", "burger"));
        Writes(installation, $"{step}@example.com".ToLowerInvariant()).ShouldBe(1);
        installation.HubSpot.TimelineEvents.Count(entry => entry.EventTemplateId == $"999{(int)step}").ShouldBe(1);
        await ShouldAgreeAsync(installation, api); // None has come back.
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
        sent.Count.ShouldBeInRange(2_000, 2_200); // At most those of two batches twice.
        (await errors.BodiesAsync()).ShouldBeEmpty();
        await api.PostAsync("resume", new { });
        await Eventually.BecomesTrueAsync(() => installation.HubSpot.Contacts.Count(contact => contact.Properties.ContainsKey("jobtitle")) == 2_000, "all are written");
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync(ErrorQueue.Bulk) == 0, "both of each have been delivered");
        installation.HubSpot.ContactWrites.Count(write => write.Properties.ContainsKey("jobtitle")).ShouldBe(2_000);
    }

    private static async Task<string> RejectEventAsync(Installation installation, OperatorApi api, string command, string eventType)
    {
        await installation.Bus.PublishAsync("PostTimelineEvent", $$$"""
            {"commandId":"{{{command}}}","eventType":"{{{eventType}}}","email":"events@example.com","tokens":{}}
            """);
        await installation.Bus.OutcomeAsync("CommandRejected", command);
        await api.HasAsync(1, "command=PostTimelineEvent");
        return (string)(await api.ListAsync("command=PostTimelineEvent"))[0]["id"]!;
    }

    private static async Task PauseAsync(Installation installation, OperatorApi api)
    {
        var told = Paused(installation);
        await api.PostAsync("pause", new { });
        foreach (var queue in (string[])[ErrorQueue.Bulk, Events])
            await Eventually.BecomesTrueAsync(async () => await installation.Bus.ConsumersAsync(queue) == 0, $"{queue} waits");
        await Eventually.BecomesTrueAsync(async () => Paused(installation) > told && !await installation.Redis.KeyExistsAsync("hubspot:outbox"), "the pause is told");
    }

    private (TcpProxy Way, Task Reached) HoldAt(Step step)
    {
        return step switch
        {
            Step.HandIn => Redis("RPUSH\r\n"),
            Step.TellTheReader => Redis("PUBLISH\r\n"),
            Step.ReadTheContents => Redis("hubspot:dead-letters:contents"),
            Step.LearnThatTheBrokerHasThem => (fixture.ToRabbitMq, fixture.ToRabbitMq.StallRepliesAtAsync(BasicAck)),
            Step.Acknowledge => (fixture.ToRabbitMq, fixture.ToRabbitMq.StallRequestsAtAsync(BasicAck)),
            Step.TakeOutOfTheIndex => Redis("hubspot:dead-letters:group:\r\n"),
            Step.Count => Redis("\"state\":\"Running\""),
            Step.End => Redis("\"state\":\"Done\""),
            Step.TakeOffTheList => Redis("LPOP\r\n"),
            _ => throw new ArgumentOutOfRangeException(nameof(step)),
        };

        (TcpProxy, Task) Redis(string mark) => (fixture.ToRedis, fixture.ToRedis.StallRequestsAtAsync(Encoding.ASCII.GetBytes(mark)));
    }

    /// <summary>Kills the service; what was held on the way never arrives.</summary>
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

    /// <summary>It is carried out by the next reader, to its end.</summary>
    private static async Task ShouldEndAsync(Installation installation, OperatorApi api, string id)
    {
        await Eventually.BecomesTrueAsync(async () => await installation.Redis.ListLengthAsync(Requests) == 0, "the request is off the list");
        var result = await api.GetAsync($"dead-letters/requests/{id}");
        ((string?)result["state"]).ShouldBe("Done");
        ((int)result["done"]! + (int)result["gone"]!).ShouldBeGreaterThanOrEqualTo(2); // What died before it was counted is told as gone.
        ((int)result["failed"]!).ShouldBe(0);
    }

    /// <summary>The bystander alone is a dead letter, for the index and for whoever holds the queues.</summary>
    private static async Task ShouldAgreeAsync(Installation installation, OperatorApi api)
    {
        await Eventually.BecomesTrueAsync(
            async () => (await api.GetAsync("status"))["queues"]!.AsArray().Sum(queue => (int)queue!["deadLetters"]!) == 1 && (await api.ListAsync()).Count == 1,
            "one dead letter is held and told of");
        ((string?)(await api.ListAsync())[0]["properties"]![0]).ShouldBe("bystander");
        foreach (var queue in AmqpClient.Queues)
            (await installation.Bus.DepthAsync($"{queue}_error")).ShouldBe(0u);
    }

    private static Task ShouldHaveOutcomesAsync(Installation installation, string name, string command, int count) => Eventually.BecomesTrueAsync(
        () => installation.Bus.Seen.Count(seen => seen.Event == name && (string?)seen.Message["commandId"] == command) == count, $"{command} has {count} times {name}");

    private static async Task<(uint Contacts, uint Events)> DepthsAsync(Installation installation) =>
        (await installation.Bus.DepthAsync(ErrorQueue.Bulk), await installation.Bus.DepthAsync(Events));

    private static int Paused(Installation installation) => installation.Bus.Seen.Count(seen => seen.Event == "DeliveryPaused" && (string?)seen.Message["reason"] == "Operator");

    private static int Writes(Installation installation, string email) => installation.HubSpot.ContactWrites.Count(write => write.Properties.GetValueOrDefault("email") == email);
}
