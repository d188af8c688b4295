using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Testing;
using RabbitMQ.Client.Exceptions;
using Fault = HubSpotMessaging.Emulator.Fault;

namespace HubSpotMessaging.IntegrationTests.Outages;

/// <summary>
/// Everything that a service like this has to live through, one after the other, under three replicas to which commands keep coming.
/// </summary>
public sealed class BadDayTests : IAsyncLifetime
{
    private const int Quota = 30; // What a busy machine can do, too.
    private const int Backlog = 4_000;

    private readonly List<string> _contacts = [];
    private readonly List<string> _enrollments = [];
    private readonly List<string> _timeline = [];
    private readonly CancellationTokenSource _enough = new();
    private readonly CancellationTokenSource _over = new();
    private Task _publishing = Task.CompletedTask;
    private Servers _servers = null!;

    public async ValueTask InitializeAsync() => _servers = await Servers.StartOwnAsync();

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync(); // When the test has failed, nobody has done it yet.
        await _over.CancelAsync();
        await _publishing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _servers.DisposeAsync();
        _enough.Dispose();
        _over.Dispose();
    }

    [Fact]
    public async Task On_a_bad_day_nothing_is_lost_nothing_is_refused_and_it_goes_on_as_soon_as_it_can()
    {
        await using var installation = await Installation.StartAsync(_servers, hubSpot: emulator => emulator.RateLimit = Quota);
        ServiceProcess[] replicas = [installation.Service, (await installation.AddReplicaAsync()).Process, (await installation.AddReplicaAsync()).Process];
        var hubSpot = installation.HubSpot;
        await using var bus = await AmqpClient.ConnectAsync(installation.Settings["ConnectionStrings__RabbitMq"]!);
        await bus.SubscribeAsync("listener");
        _publishing = PublishAsync(bus);
        await DeliversAsync(bus, "at first");

        // HubSpot is down, first in one way, then in another.
        var down = hubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503 });
        await ToldAsync(bus, "DeliveryPaused", "HubSpotUnavailable", 3, seconds: 30); // For each kind of command.
        hubSpot.Faults.Add(new Fault { Kind = FaultKind.Reset });
        hubSpot.Faults.Remove(down.Id); // With no moment in which HubSpot is well.
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        hubSpot.Faults.Clear();
        await ResumesAsync(bus, "HubSpotUnavailable", "HubSpot is there again");

        // RabbitMQ goes while nothing is consumed, which nobody would notice by itself.
        var pause = new PauseReason("test", "Test");
        var line = new LineStore(installation.RedisConnection);
        await line.PauseAsync(pause);
        await Eventually.BecomesTrueAsync(async () => (await Task.WhenAll(AmqpClient.Queues.Select(bus.ConsumersAsync))).All(consumers => consumers == 0), "nothing is consumed");
        await TellsOfBrokerAsync(installation.Address, isThere: true);
        await _servers.RabbitMq.StopAsync();
        await TellsOfBrokerAsync(installation.Address, isThere: false);
        await line.ResumeAsync(pause);
        await _servers.RabbitMq.StartAgainAsync();
        await DeliversAsync(bus, "RabbitMQ is there again");
        await TellsOfBrokerAsync(installation.Address, isThere: true);
        foreach (var replica in replicas) // The bus waits longer after each failure, so it must not run into one after the other.
            replica.Output.Split('\n').Count(line => line.Contains("Connection Failed", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(1);

        await _servers.RedisServer.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        await _servers.RedisServer.StartAgainAsync();
        await DeliversAsync(bus, "Redis is there again");

        hubSpot.Faults.Add(new Fault { Kind = FaultKind.PortalMigrating, RetryAfter = 4 });
        await ToldAsync(bus, "DeliveryPaused", "PortalMigrating", 1, seconds: 15);
        hubSpot.Faults.Clear();
        await ResumesAsync(bus, "PortalMigrating", "the account has moved");

        hubSpot.Faults.Add(new Fault { Kind = FaultKind.RateLimited, PolicyName = "DAILY", RetryAfter = 10 });
        await ToldAsync(bus, "DeliveryPaused", "DailyLimit", 1, seconds: 15);
        await _enough.CancelAsync();
        await _publishing;
        await Task.WhenAll(Enumerable.Range(0, Backlog).Select(number => SyncAsync(bus, $"backlog-{number}")));
        hubSpot.Faults.Clear();
        await ToldAsync(bus, "DeliveryResumed", "DailyLimit", 1, seconds: 60);

        // At the quota, and not above it: twice through the window.
        var resumed = TimeProvider.System.GetUtcNow();
        await Eventually.BecomesTrueAsync(() => Outcomes(bus, "ContactSynced").Count == _contacts.Count, "everything is delivered", seconds: 60);
        var calls = hubSpot.Calls.Where(call => call.At > resumed && !call.Path.StartsWith("/oauth/", StringComparison.Ordinal)).ToList();
        Say($"{calls.Count} calls in {(calls[^1].At - calls[0].At).TotalSeconds:0.0} s");
        calls.ShouldNotContain(call => call.Status == 429);
        calls.Count(call => call.At < calls[0].At + TimeSpan.FromSeconds(10)).ShouldBeInRange(Quota / 2, Quota);

        // Of every command one outcome, and it is a good one.
        await Eventually.BecomesTrueAsync(() => Outcomes(bus, "ContactEnrolledInWorkflow").Count == _enrollments.Count, "all are enrolled", seconds: 60);
        await Eventually.BecomesTrueAsync(() => Outcomes(bus, "TimelineEventPosted").Count == _timeline.Count, "all are posted");
        Say($"{_contacts.Count} contacts, {_enrollments.Count} enrolments, {_timeline.Count} timeline events");
        bus.Seen.Count(seen => seen.Event == "CommandRejected").ShouldBe(0);
        foreach (var queue in AmqpClient.Queues.SelectMany(queue => (string[])[queue, $"{queue}_error", $"{queue}_skipped"]).Concat(AmqpClient.WaitQueues))
            await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync(queue) == 0, $"{queue} is empty");
        Outcomes(bus, "ContactSynced").ShouldBe(_contacts, ignoreOrder: true);
        hubSpot.Contacts.Count.ShouldBe(_contacts.Count + _enrollments.Count + 1); // And Ada, whose the timeline events are.
        hubSpot.Enrollments.Select(enrollment => enrollment.Email).Order(StringComparer.Ordinal)
            .ShouldBe(_enrollments.Select(key => $"{key}@example.com").Order(StringComparer.Ordinal));
        hubSpot.TimelineEvents.Select(posted => posted.Id).ShouldBe(_timeline, ignoreOrder: true);

        // Of every pause one announcement, and one of its end.
        // Except of Redis, which a busy machine may miss more than once.
        var told = bus.Seen.Where(seen => seen.Event is "DeliveryPaused" or "DeliveryResumed" && (string?)seen.Message["reason"] != "RedisUnavailable")
            .DistinctBy(seen => seen.MessageId)
            .Select(seen => $"{seen.Event} {seen.Message["reason"]} {seen.Message["scope"]}".TrimEnd()).ToList();
        Say(string.Join('\n', told));
        told.ShouldBe(told.Distinct());
        foreach (var paused in told.Where(line => line.StartsWith("DeliveryPaused", StringComparison.Ordinal)))
            told.ShouldContain(paused.Replace("Paused", "Resumed", StringComparison.Ordinal));
    }

    private static async Task TellsOfBrokerAsync(Uri service, bool isThere)
    {
        using var http = new HttpClient { BaseAddress = service };
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                using var answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative));
                var checks = (await answer.Content.ReadFromJsonAsync<JsonObject>())!["checks"]!.AsObject();
                checks.Select(check => check.Key).ShouldBe(["redis", "broker", "authorization", "line"], ignoreOrder: true);
                var metrics = await http.GetStringAsync(new Uri("metrics", UriKind.Relative));
                return (answer.StatusCode == HttpStatusCode.OK) == isThere
                    && ((string?)checks["broker"]!["status"] == "Healthy") == isThere
                    && metrics.Split('\n').Single(line => line.StartsWith("hubspot_broker_available{", StringComparison.Ordinal)).EndsWith(isThere ? " 1" : " 0", StringComparison.Ordinal);
            },
            $"readiness and metrics tell that RabbitMQ is {(isThere ? "there" : "away")}",
            seconds: 60);
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);

    /// <summary>Commands of every kind, as long as it is not enough.</summary>
    private async Task PublishAsync(AmqpClient bus)
    {
        for (var number = 0; !_enough.IsCancellationRequested; number++)
        {
            await SyncAsync(bus, $"sync-{number}");
            if (number % 20 == 0)
                await EnrollAsync(bus, $"enroll-{number}");
            if (number % 10 == 0)
                await PostAsync(bus, $"post-{number}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, _over.Token);
        }
    }

    private Task SyncAsync(AmqpClient bus, string key) =>
        PublishAsync(bus, _contacts, key, "SyncContact", $$"""{"commandId":"{{key}}","email":"{{key}}@example.com"}""");

    private Task EnrollAsync(AmqpClient bus, string key) => PublishAsync(
        bus, _enrollments, key, "EnrollInWorkflow", $$$"""{"commandId":"{{{key}}}","email":"{{{key}}}@example.com","workflow":"1001","properties":{"firstname":"Ada"}}""");

    private Task PostAsync(AmqpClient bus, string key) => PublishAsync(
        bus, _timeline, key, "PostTimelineEvent", $$$"""{"commandId":"{{{key}}}","eventType":"1001298","email":"ada@example.com","tokens":{}}""");

    /// <summary>Until the broker has confirmed it, as everybody should who cannot afford to lose something.</summary>
    private async Task PublishAsync(AmqpClient bus, List<string> keys, string key, string command, string json)
    {
        lock (keys)
            keys.Add(key);
        while (true)
        {
            try
            {
                await bus.PublishAsync(command, json).WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System, _over.Token);
                return;
            }
            catch (Exception exception) when (exception is RabbitMQClientException or TimeoutException or OperationCanceledException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, _over.Token);
            }
        }
    }

    /// <summary>A command that is published from now on is delivered within seconds.</summary>
    private async Task DeliversAsync(AmqpClient bus, string when)
    {
        var started = TimeProvider.System.GetTimestamp();
        var key = $"probe-{_contacts.Count}";
        await SyncAsync(bus, key);
        await bus.OutcomeAsync("ContactSynced", key, seconds: 40);
        Say($"{TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s until a command is delivered: {when}");
    }

    private async Task ResumesAsync(AmqpClient bus, string reason, string when)
    {
        await DeliversAsync(bus, when);
        var paused = Scopes(bus, "DeliveryPaused", reason);
        await Eventually.BecomesTrueAsync(() => Scopes(bus, "DeliveryResumed", reason).SetEquals(paused), $"the end of each pause for {reason} is told");
    }

    private static Task ToldAsync(AmqpClient bus, string name, string reason, int times, int seconds) =>
        Eventually.BecomesTrueAsync(() => Scopes(bus, name, reason).Count >= times, $"{name} {reason} is told", seconds);

    private static HashSet<string> Scopes(AmqpClient bus, string name, string reason) =>
        [.. bus.Seen.Where(seen => seen.Event == name && (string?)seen.Message["reason"] == reason).Select(seen => (string?)seen.Message["scope"] ?? "")];

    private static HashSet<string> Outcomes(AmqpClient bus, string name) =>
        [.. bus.Seen.Where(seen => seen.Event == name).Select(seen => Key(seen.Message)).OfType<string>()];

    private static string? Key(JsonObject message) => (string?)message["commandId"];
}
