using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Testing;
using MassTransit;
using RabbitMQ.Client;

namespace HubSpotMessaging.IntegrationTests.Contracts;

/// <summary>Whoever sends a command as a request gets one answer: its outcome.</summary>
public sealed class RequestTests(SharedInstallation shared) : IClassFixture<SharedInstallation>
{
    [Fact]
    public async Task Each_command_is_answered_once_with_its_outcome_done_or_rejected()
    {
        await using var installation = await shared.BeginAsync();
        await using var client = await ClientAsync(installation);
        await AskAsync<SyncContact, ContactSynced>(new() { CommandId = "s-1", Email = "ada@example.com" }, null);
        await AskAsync<SyncContact, ContactSynced>(new() { CommandId = "s-2", Email = "nobody" }, RejectionCategories.InvalidCommand);
        await AskAsync<SyncContact, ContactSynced>(
            new() { CommandId = "s-3", Email = "ada@example.com", Properties = new Dictionary<string, string?> { ["favorite_food"] = "burger" } }, "VALIDATION_ERROR");
        await AskAsync<EnrollInWorkflow, ContactEnrolledInWorkflow>(new() { CommandId = "e-1", Email = "ada@example.com", Workflow = "1001" }, null);
        await AskAsync<EnrollInWorkflow, ContactEnrolledInWorkflow>(
            new() { CommandId = "e-2", Email = "ada@example.com", Workflow = "nameless" }, RejectionCategories.UnknownWorkflow);
        await AskAsync<PostTimelineEvent, TimelineEventPosted>(new() { CommandId = "t-1", Email = "ada@example.com", EventType = "1001298" }, null);
        await AskAsync<PostTimelineEvent, TimelineEventPosted>(new() { CommandId = "t-2", Email = "ada@example.com", EventType = "4711" }, "VALIDATION_ERROR");

        // Whatever else it might send, it would have sent when the commands are out of its hands.
        foreach (var queue in (string[])["hubspot-sync-contact", "hubspot-sync-contact", "hubspot-enroll-in-workflow", "hubspot-post-timeline-event"])
            await installation.Bus.DeadLetterAsync(queue);
        await NothingIsLeftAsync(installation);
        (await client.AnswersAsync()).ShouldBe(
        [
            ("ContactSynced", "s-1"), ("CommandRejected", "s-2"), ("CommandRejected", "s-3"),
            ("ContactEnrolledInWorkflow", "e-1"), ("CommandRejected", "e-2"),
            ("TimelineEventPosted", "t-1"), ("CommandRejected", "t-2"),
        ]);

        async Task AskAsync<TCommand, TDone>(TCommand command, string? category)
            where TCommand : class, IHubSpotCommand
            where TDone : class, ICommandOutcome
        {
            Response answer = await client.Bus.CreateRequestClient<TCommand>().GetResponse<TDone, CommandRejected>(command);
            ((ICommandOutcome)answer.Message).CommandId.ShouldBe(command.CommandId);
            (answer.Message as CommandRejected)?.Category.ShouldBe(category);
            answer.Message.ShouldBeOfType(category is null ? typeof(TDone) : typeof(CommandRejected));
        }
    }

    [Fact]
    public async Task A_request_that_is_not_answered_in_time_is_delivered_all_the_same_when_nobody_waits_for_the_answer_any_more()
    {
        await using var installation = await shared.BeginAsync();
        var pause = new PauseReason("test", "Test");
        var line = new LineStore(installation.RedisConnection);
        await line.PauseAsync(pause);
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.ConsumersAsync("hubspot-sync-contact") == 0, "nothing is delivered");
        await using (var client = await ClientAsync(installation))
        {
            var requests = client.Bus.CreateRequestClient<SyncContact>(RequestTimeout.After(s: 3));
            await Should.ThrowAsync<RequestTimeoutException>(requests.GetResponse<ContactSynced, CommandRejected>(
                new SyncContact { CommandId = "late", Email = "ada@example.com" }, request => request.UseExecute(message => message.TimeToLive = null))); // Else the broker drops it with the time-out.
        }

        await line.ResumeAsync(pause);

        await installation.Bus.OutcomeAsync("ContactSynced", "late");
        installation.HubSpot.Contacts.ShouldHaveSingleItem();
        await NothingIsLeftAsync(installation);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_given_keeps_no_command_from_being_done_once()
    {
        string[] addresses =
        [
            "rabbitmq://another.example/host/nobody", "exchange:of-another-kind", "queue:hubspot-sync-contact", "https://example.com/answers", "mailto:ada@example.com",
        ];
        await using var installation = await shared.BeginAsync();
        await using var connection = await new ConnectionFactory { Uri = new(installation.Settings["ConnectionStrings__RabbitMq"]!) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync("of-another-kind", ExchangeType.Direct, durable: false, autoDelete: false);

        foreach (var address in addresses)
            await AskAsync(installation, address, address);

        foreach (var address in addresses)
            await installation.Bus.OutcomeAsync("ContactSynced", address);
        await NothingIsLeftAsync(installation);
        installation.Bus.Seen.Count(seen => seen.Event == "ContactSynced").ShouldBe(addresses.Length);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_given_takes_no_answer_of_somebody_else_along()
    {
        await using var installation = await shared.BeginAsync();
        await using var client = await ClientAsync(installation);
        await using var connection = await new ConnectionFactory { Uri = new(installation.Settings["ConnectionStrings__RabbitMq"]!) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var pause = new PauseReason("test", "Test");
        var line = new LineStore(installation.RedisConnection);
        await line.PauseAsync(pause);
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.ConsumersAsync("hubspot-sync-contact") == 0, "all wait, to be done at once");

        var requests = client.Bus.CreateRequestClient<SyncContact>(RequestTimeout.After(s: 30));
        var answers = new List<Task<Response<ContactSynced>>>();
        foreach (var number in Enumerable.Range(0, 50))
        {
            answers.Add(requests.GetResponse<ContactSynced>(new SyncContact { CommandId = $"good-{number}", Email = $"good-{number}@example.com" }));
            if (number % 10 != 5)
                continue;
            await channel.ExchangeDeclareAsync($"direct-{number}", ExchangeType.Direct, durable: false, autoDelete: false);
            await AskAsync(installation, $"bad-{number}", $"exchange:direct-{number}");
        }

        await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync("hubspot-sync-contact") == 55, "all wait");
        await line.ResumeAsync(pause);

        (await Task.WhenAll(answers)).Select(answer => answer.Message.CommandId).ShouldBe(Enumerable.Range(0, 50).Select(number => $"good-{number}"));
        foreach (var number in (int[])[5, 15, 25, 35, 45])
            await installation.Bus.OutcomeAsync("ContactSynced", $"bad-{number}");
        await NothingIsLeftAsync(installation);
    }

    /// <summary>Asks as MassTransit does, for an answer at any address.</summary>
    private static Task AskAsync(Installation installation, string commandId, string responseAddress) => installation.Bus.SendAsync(
        "HubSpotMessaging.Contracts:SyncContact",
        Encoding.UTF8.GetBytes($$"""
            { "messageId": "{{Guid.NewGuid()}}", "requestId": "{{Guid.NewGuid()}}", "responseAddress": "{{responseAddress}}",
              "messageType": ["urn:message:HubSpotMessaging.Contracts:SyncContact"], "message": { "commandId": "{{commandId}}", "email": "ada@example.com" } }
            """),
        contentType: "application/vnd.masstransit+json");

    /// <summary>Neither in a queue nor in the hands of the service, which gives back what it holds when the line pauses.</summary>
    private static async Task NothingIsLeftAsync(Installation installation)
    {
        var pause = new PauseReason("test", "Test");
        var line = new LineStore(installation.RedisConnection);
        await line.PauseAsync(pause);
        foreach (var queue in AmqpClient.Queues)
        {
            await Eventually.BecomesTrueAsync(async () => await installation.Bus.ConsumersAsync(queue) == 0, $"{queue} is not consumed any more");
            (await installation.Bus.DepthAsync(queue)).ShouldBe(0u);
            (await installation.Bus.DepthAsync($"{queue}_error")).ShouldBe(0u);
        }

        await line.ResumeAsync(pause);
    }

    private static async Task<Client> ClientAsync(Installation installation)
    {
        var uri = new Uri(installation.Settings["ConnectionStrings__RabbitMq"]!);
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(uri));
        var client = new Client(bus, uri);
        bus.ConnectReceiveObserver(client);
        await bus.StartAsync();
        return client;
    }

    /// <summary>Asks, and notes everything that comes back.</summary>
    private sealed class Client(IBusControl bus, Uri broker) : IReceiveObserver, IAsyncDisposable
    {
        private const string Last = "that is all";

        private readonly ConcurrentQueue<string> _received = new();

        public IBusControl Bus => bus;

        public Task PreReceive(ReceiveContext context)
        {
            _received.Enqueue(context.Body.GetString());
            return Task.CompletedTask;
        }

        /// <summary>All answers until now, behind which something is put into the queue.</summary>
        public async Task<IReadOnlyList<(string Type, string? CommandId)>> AnswersAsync()
        {
            await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync();
            await using var channel = await connection.CreateChannelAsync();
            await channel.BasicPublishAsync("", bus.Address.AbsolutePath.Split('/')[^1], Encoding.UTF8.GetBytes(Last));
            await Eventually.BecomesTrueAsync(() => _received.Contains(Last), "everything has come");
            return [.. _received.TakeWhile(body => body != Last).Select(body => JsonNode.Parse(body)!)
                .Select(envelope => (((string?)envelope["messageType"]![0])!.Split(':')[^1], (string?)envelope["message"]!["commandId"]))];
        }

        public Task PostReceive(ReceiveContext context) => Task.CompletedTask;

        public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
            where T : class => Task.CompletedTask;

        public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
            where T : class => Task.CompletedTask;

        public Task ReceiveFault(ReceiveContext context, Exception exception) => Task.CompletedTask;

        public async ValueTask DisposeAsync() => await bus.StopAsync();
    }
}
