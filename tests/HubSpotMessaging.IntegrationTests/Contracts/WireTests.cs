using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;
using Json.Schema;
using MassTransit;
using RabbitMQ.Client;

namespace HubSpotMessaging.IntegrationTests.Contracts;

/// <summary>What is really on the wire is what the documents say, and what is recorded of it is understood.</summary>
public sealed class WireTests(SharedInstallation shared) : IClassFixture<SharedInstallation>
{
    private static readonly string[] Commands = [nameof(SyncContact), nameof(EnrollInWorkflow), nameof(PostTimelineEvent)];

    private static readonly DirectoryInfo Contracts = new FileInfo(Repository.Find("contracts/asyncapi.yaml")).Directory!;

    private static readonly string Recorded =
        Path.Combine(Contracts.Parent!.FullName, "tests", "HubSpotMessaging.UnitTests", "Contracts", "recorded");

    /// <summary>With <c>RECORD_MESSAGES=yes</c> this keeps one of each kind that this version has no recording of yet.</summary>
    [Fact]
    public async Task Every_message_that_is_published_fits_its_schema_and_one_of_each_kind_is_recorded()
    {
        await using var installation = await shared.BeginAsync();
        await using var wire = await TapAsync(installation);

        await PublishAsync(installation);
        installation.HubSpot.Faults.Add(new Emulator.Fault { Kind = FaultKind.Unauthorized, Times = 1 });
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"again","email":"bob@example.com"}""");
        await installation.Bus.EventAsync("TokenRefreshed");
        await installation.Bus.OutcomeAsync("ContactSynced", "again");
        using var browser = Installation.NewBrowser();
        (await browser.PostAsJsonAsync(new Uri(installation.Address, "api/operator/revoke"), new { })).EnsureSuccessStatusCode();
        await installation.Bus.EventAsync("DeliveryPaused");
        using var connected = await installation.ConnectAsync();
        await installation.Bus.EventAsync("DeliveryResumed");
        foreach (var name in AmqpClient.EventExchanges)
            await installation.Bus.EventAsync(name.Split(':')[1]);

        var schemas = Contracts.GetDirectories("schemas").Single().GetFiles()
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file.Name), file => JsonSchema.FromFile(file.FullName));
        var messages = new List<(string Type, byte[] Body)>();
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                messages.AddRange(await wire.WhatIsThereAsync()); // What others have heard of already may still be on its way here.
                return messages.DistinctBy(message => message.Type).Count() == schemas.Count;
            },
            "there is one of each kind");
        messages.Select(message => message.Type).Distinct().ShouldBe(schemas.Keys, ignoreOrder: true);
        foreach (var (type, body) in messages)
            schemas[type].Evaluate(MessageOf(body), new() { RequireFormatValidation = true }).IsValid.ShouldBeTrue(Encoding.UTF8.GetString(body));

        var folder = Path.Combine(Recorded, Version());
        foreach (var (type, body) in messages.DistinctBy(message => NameOf(message.Type, message.Body)))
        {
            var file = Path.Combine(folder, NameOf(type, body));
            if (Environment.GetEnvironmentVariable("RECORD_MESSAGES") == "yes" && !File.Exists(file))
            {
                Directory.CreateDirectory(folder);
                await File.WriteAllTextAsync(file, WithoutMachine(body));
            }

            File.Exists(file).ShouldBeTrue($"{file} is missing: the README.md beside it tells how to record it.");
        }
    }

    [Fact]
    public async Task The_commands_of_every_version_are_still_done()
    {
        await using var installation = await shared.BeginAsync();
        var recordings = new DirectoryInfo(Recorded).GetFiles("*.json", SearchOption.AllDirectories)
            .Where(file => Commands.Contains(file.Name.Split('.')[0]))
            .OrderByDescending(file => file.Name, StringComparer.Ordinal) // Contacts are there before they are enrolled.
            .ToList();

        recordings.Count.ShouldBeGreaterThanOrEqualTo(2 * Commands.Length);
        foreach (var file in recordings)
        {
            var body = await File.ReadAllBytesAsync(file.FullName);
            var isEnvelope = file.Name.EndsWith(".envelope.json", StringComparison.Ordinal);
            await installation.Bus.SendAsync(
                $"HubSpotMessaging.Contracts:{file.Name.Split('.')[0]}", body, contentType: isEnvelope ? "application/vnd.masstransit+json" : "application/json");
            var commandId = MessageOf(body).GetProperty("commandId").ToString();
            var outcome = await installation.Bus.EventAsync(OutcomeOf(file.Name), message => (string?)message["commandId"] == commandId);
            outcome.ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task The_AsyncAPI_document_is_valid_and_names_all_that_the_service_declares_as_it_declares_it()
    {
        await using var installation = await shared.BeginAsync();
        var (exitCode, output) = await Programs.NodeAsync(
            Path.Combine(Contracts.Parent!.FullName, "tests", "HubSpotMessaging.IntegrationTests", "Contracts", "asyncapi", "validate.mjs"),
            [Path.Combine(Contracts.FullName, "asyncapi.yaml")]);
        exitCode.ShouldBe(0, output);
        var document = JsonNode.Parse(output)!;
        document["problems"]!.AsArray().Select(problem => (string)problem!).ShouldBeEmpty();

        var channels = document["channels"]!.AsArray().Select(channel => channel!["amqp"]).OfType<JsonObject>().ToList();
        await using var connection = await new ConnectionFactory { Uri = new(installation.Settings["ConnectionStrings__RabbitMq"]!) }.CreateConnectionAsync();
        await using var broker = await connection.CreateChannelAsync();
        foreach (var exchange in channels.Select(channel => channel["exchange"]).OfType<JsonObject>())
        {
            // The broker refuses both when it is not there, or otherwise.
            await broker.ExchangeDeclarePassiveAsync((string)exchange["name"]!);
            await broker.ExchangeDeclareAsync((string)exchange["name"]!, (string)exchange["type"]!, (bool)exchange["durable"]!, (bool)exchange["autoDelete"]!);
        }

        var queues = channels.Select(channel => channel["queue"]).OfType<JsonObject>().ToList();
        foreach (var queue in queues)
        {
            var declared = await broker.QueueDeclarePassiveAsync((string)queue["name"]!);
            declared.ConsumerCount.ShouldBe(1u);
        }

        queues.Select(queue => (string?)queue["name"]).ShouldBe(AmqpClient.Queues, ignoreOrder: true);
        channels.Select(channel => (string?)channel["exchange"]?["name"]).OfType<string>().ShouldBe(
            [.. AmqpClient.EventExchanges, .. Commands.Select(command => $"HubSpotMessaging.Contracts:{command}"), "hubspot-sync-contact-bulk"], ignoreOrder: true);
    }

    /// <summary>Each command, as MassTransit and as somebody else publishes it, and one that is refused.</summary>
    private static async Task PublishAsync(Installation installation)
    {
        var client = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(new Uri(installation.Settings["ConnectionStrings__RabbitMq"]!)));
        await client.StartAsync();
        var noon = new DateTimeOffset(2026, 9, 10, 12, 0, 0, TimeSpan.Zero);
        await client.Publish(new SyncContact
        {
            CommandId = "signup-1",
            OccurredAt = noon,
            ExpiresAt = noon.AddYears(100),
            Email = "zoë@example.com",
            Properties = new Dictionary<string, string?> { ["firstname"] = "Zoë", ["phone"] = null, ["city"] = "" },
        });
        await installation.Bus.OutcomeAsync("ContactSynced", "signup-1");
        await client.Publish(new EnrollInWorkflow
        {
            CommandId = "welcome-1",
            OccurredAt = noon,
            Email = "zoë@example.com",
            Workflow = "welcome",
            Properties = new Dictionary<string, string?> { ["lastname"] = "Ångström" },
        });
        await installation.Bus.OutcomeAsync("ContactEnrolledInWorkflow", "welcome-1");
        await client.Publish(new PostTimelineEvent
        {
            CommandId = "order-8842-shipped",
            OccurredAt = noon,
            EventType = "1001298",
            Email = "zoë@example.com",
            Tokens = new Dictionary<string, string?> { ["orderNumber"] = "8842" },
            ExtraData = JsonSerializer.SerializeToElement(new { lines = new[] { new { sku = "A1" } } }),
            TimelineIFrame = new() { LinkLabel = "View", HeaderLabel = "Order", Url = "https://shop.example/orders/8842", Width = 600, Height = 400 },
        });
        await installation.Bus.OutcomeAsync("TimelineEventPosted", "order-8842-shipped");
        await client.StopAsync();

        await Send("SyncContact", "ContactSynced", """{"commandId":"signup-2","occurredAt":"2026-09-10T14:00:00+02:00","email":"  Ada@Example.com ","properties":{"firstname":"Ada","annualrevenue":1234567.5,"numemployees":42,"hs_email_optout":true,"phone":null}}""", "signup-2");
        await Send("EnrollInWorkflow", "ContactEnrolledInWorkflow", """{"commandId":4711,"email":"ada@example.com","workflow":1001,"properties":{"city":"London"}}""", "4711");
        await Send("PostTimelineEvent", "TimelineEventPosted", """{"commandId":"order-8843-shipped","occurredAt":"2026-09-10T12:00:00Z","eventType":1001298,"email":"ada@example.com","tokens":{"orderNumber":8843},"extraData":{"lines":[{"sku":"A1"}]},"timelineIFrame":{"linkLabel":"View","headerLabel":"Order","url":"https://shop.example/orders/8843","width":600,"height":400}}""", "order-8843-shipped");
        await Send("SyncContact", "CommandRejected", """{"commandId":"refused","email":"ada@example.com","properties":{"favorite_food":"burger"}}""", "refused");
        await installation.Bus.DeadLetterAsync("hubspot-sync-contact");

        async Task Send(string type, string outcome, string json, string commandId)
        {
            await installation.Bus.PublishAsync(type, json, Guid.NewGuid());
            await installation.Bus.OutcomeAsync(outcome, commandId);
        }
    }

    private static string Version() =>
        XDocument.Load(Repository.Find("Directory.Build.props")).Descendants("VersionPrefix").Single().Value is var version ? version[..version.LastIndexOf('.')] : "";

    /// <summary>Which machine it was recorded on is nobody's business.</summary>
    private static string WithoutMachine(byte[] body) => Encoding.UTF8.GetString(body)
        .Replace($"\"{Environment.MachineName}\"", "\"recorder\"", StringComparison.Ordinal)
        .Replace($"/{Environment.MachineName}_", "/recorder_", StringComparison.Ordinal)
        .Replace(Environment.OSVersion.ToString(), Environment.OSVersion.Platform.ToString(), StringComparison.Ordinal);

    private static string NameOf(string type, byte[] body) => $"{type}.{(IsEnvelope(body) ? "envelope" : "plain")}.json";

    private static bool IsEnvelope(byte[] body) => JsonNode.Parse(body)!["messageType"] is not null;

    private static JsonElement MessageOf(byte[] body)
    {
        var root = JsonElement.Parse(body);
        return root.TryGetProperty("messageType", out _) ? root.GetProperty("message") : root;
    }

    private static string OutcomeOf(string file) => file.Split('.')[0] switch
    {
        nameof(SyncContact) => nameof(ContactSynced),
        nameof(EnrollInWorkflow) => nameof(ContactEnrolledInWorkflow),
        _ => nameof(TimelineEventPosted),
    };

    /// <summary>A queue that gets everything there is.</summary>
    private static async Task<Tap> TapAsync(Installation installation)
    {
        var connection = await new ConnectionFactory { Uri = new(installation.Settings["ConnectionStrings__RabbitMq"]!) }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        foreach (var exchange in AmqpClient.EventExchanges.Concat(Commands.Select(command => $"HubSpotMessaging.Contracts:{command}")))
            await channel.QueueBindAsync(queue, exchange, "");
        return new(connection, channel, queue);
    }

    private sealed record Tap(IConnection Connection, IChannel Channel, string Queue) : IAsyncDisposable
    {
        public async Task<IReadOnlyList<(string Type, byte[] Body)>> WhatIsThereAsync()
        {
            var all = new List<(string, byte[])>();
            while (await Channel.BasicGetAsync(Queue, autoAck: true) is { } message)
                all.Add((message.Exchange.Split(':')[1], message.Body.ToArray()));
            return all;
        }

        public async ValueTask DisposeAsync()
        {
            await Channel.DisposeAsync();
            await Connection.DisposeAsync();
        }
    }
}
