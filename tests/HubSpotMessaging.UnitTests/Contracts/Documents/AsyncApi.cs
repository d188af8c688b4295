using System.Text.Json.Nodes;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.Consumers;

namespace HubSpotMessaging.UnitTests.Contracts.Documents;

/// <summary>The AsyncAPI document of the service: where it takes commands from, and where it puts events.</summary>
internal static class AsyncApi
{
    private const string Envelope = "application/vnd.masstransit+json";

    private static readonly (string Queue, Type Command)[] Queues =
        [.. CommandQueues.All.Select(queue => (queue, ContractSchemas.Commands.Single(type => type.Name == CommandQueues.CommandOf(queue))))];

    public static JsonObject Document() => new()
    {
        ["asyncapi"] = "3.0.0",
        ["info"] = new JsonObject
        {
            ["title"] = "HubSpotMessaging",
            ["version"] = typeof(SyncContact).Assembly.GetName().Version!.ToString(3),
            ["description"] = """
                Carries commands from RabbitMQ to the HubSpot API, and tells on the bus what became of each. The service declares all exchanges
                and queues itself: start it once before you publish.

                Publish a command to the exchange of its type, persistent, mandatory and with publisher confirms: then it is safe in the
                service's queue when the broker confirms it. A backfill goes to the exchange of the bulk queue instead. Never declare the queues.
                Fields that are not known are passed over, so that a publisher may be newer than the service; subscribers must do the same.
                """,
            ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["url"] = "https://www.apache.org/licenses/LICENSE-2.0" },
        },
        ["defaultContentType"] = "application/json",
        ["servers"] = new JsonObject
        {
            ["rabbitmq"] = new JsonObject
            {
                ["host"] = "localhost:5672",
                ["protocol"] = "amqp",
                ["description"] = "RabbitMQ 3.10 or newer: the one of the setting ConnectionStrings:RabbitMq.",
            },
        },
        ["channels"] = new JsonObject([.. CommandChannels(), .. QueueChannels(), .. EventChannels(), Answers()]),
        ["operations"] = new JsonObject([.. Receives(), .. ContractSchemas.Events.Select(Send)]),
        ["components"] = new JsonObject
        {
            ["messages"] = new JsonObject([.. ContractSchemas.Commands.SelectMany(CommandMessages), .. ContractSchemas.Events.Select(EventMessage)]),
            ["messageTraits"] = new JsonObject { ["Command"] = CommandTrait() },
            ["schemas"] = new JsonObject { ["Envelope"] = EnvelopeSchema() },
        },
    };

    private static IEnumerable<KeyValuePair<string, JsonNode?>> CommandChannels()
    {
        foreach (var (queue, command) in Queues.Where(entry => entry.Queue != CommandQueues.SyncContactBulk))
            yield return Exchange(command.Name, ExchangeOf(command), $"Bound to {queue}, through an exchange of the same name as the queue.", Forms(command));

        yield return Exchange(
            "SyncContactInBulk",
            CommandQueues.SyncContactBulk,
            $"For backfills: bound to {CommandQueues.SyncContactBulk} alone. They leave room for what is urgent.",
            Forms(typeof(SyncContact)));
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> QueueChannels() =>
        from entry in Queues
        select KeyValuePair.Create(entry.Queue, (JsonNode?)new JsonObject
        {
            ["address"] = entry.Queue,
            ["description"] = $"What the service consumes. What it rejects stands in {CommandQueues.DeadLetters(entry.Queue)}, with its reason in the headers.",
            ["messages"] = Messages(Forms(entry.Command)),
            ["bindings"] = Amqp(new JsonObject
            {
                ["is"] = "queue",
                ["queue"] = new JsonObject { ["name"] = entry.Queue, ["durable"] = true, ["exclusive"] = false, ["autoDelete"] = false, ["vhost"] = "/" },
            }),
            ["x-arguments"] = new JsonObject { ["x-queue-type"] = "quorum", ["x-delivery-limit"] = "-1 where the broker is 4.0 or newer, else not set" },
        });

    private static IEnumerable<KeyValuePair<string, JsonNode?>> EventChannels() =>
        ContractSchemas.Events.Select(type => Exchange(type.Name, ExchangeOf(type), "Bind a queue of your own to it.", [type.Name]));

    private static KeyValuePair<string, JsonNode?> Answers() => KeyValuePair.Create("Answers", (JsonNode?)new JsonObject
    {
        ["address"] = null,
        ["description"] = "Where whoever sends a command as a request is answered, with its outcome: the event that is published, too.",
        ["messages"] = Messages([.. OutcomesOf.Values.Append(typeof(CommandRejected)).Select(type => type.Name)]),
    });

    private static readonly Dictionary<Type, Type> OutcomesOf = new()
    {
        [typeof(SyncContact)] = typeof(ContactSynced),
        [typeof(EnrollInWorkflow)] = typeof(ContactEnrolledInWorkflow),
        [typeof(PostTimelineEvent)] = typeof(TimelineEventPosted),
    };

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Receives()
    {
        foreach (var command in ContractSchemas.Commands)
            yield return Receive(command.Name, command);
        yield return Receive("SyncContactInBulk", typeof(SyncContact));
    }

    private static KeyValuePair<string, JsonNode?> Receive(string channel, Type command) => KeyValuePair.Create($"receive{channel}", (JsonNode?)new JsonObject
    {
        ["action"] = "receive",
        ["summary"] = XmlDocs.Of(command),
        ["channel"] = Reference($"#/channels/{channel}"),
        ["messages"] = new JsonArray([.. Forms(command).Select(form => Reference($"#/channels/{channel}/messages/{form}"))]),
        ["bindings"] = Amqp(new JsonObject { ["deliveryMode"] = 2, ["ack"] = true }),
        ["reply"] = new JsonObject
        {
            ["address"] = new JsonObject
            {
                ["location"] = "$message.payload#/responseAddress",
                ["description"] = "Of an envelope that has a requestId and a responseAddress: one answer, with the same requestId.",
            },
            ["channel"] = Reference("#/channels/Answers"),
            ["messages"] = new JsonArray(
                Reference($"#/channels/Answers/messages/{OutcomesOf[command].Name}"), Reference($"#/channels/Answers/messages/{nameof(CommandRejected)}")),
        },
    });

    private static KeyValuePair<string, JsonNode?> Send(Type type) => KeyValuePair.Create($"send{type.Name}", (JsonNode?)new JsonObject
    {
        ["action"] = "send",
        ["summary"] = XmlDocs.Of(type),
        ["channel"] = Reference($"#/channels/{type.Name}"),
        ["bindings"] = Amqp(new JsonObject { ["deliveryMode"] = 2 }),
    });

    private static KeyValuePair<string, JsonNode?> Exchange(string channel, string exchange, string description, string[] messages) =>
        KeyValuePair.Create(channel, (JsonNode?)new JsonObject
        {
            ["address"] = exchange,
            ["description"] = description,
            ["messages"] = Messages(messages),
            ["bindings"] = Amqp(new JsonObject
            {
                ["is"] = "routingKey",
                ["exchange"] = new JsonObject { ["name"] = exchange, ["type"] = "fanout", ["durable"] = true, ["autoDelete"] = false, ["vhost"] = "/" },
            }),
        });

    private static IEnumerable<KeyValuePair<string, JsonNode?>> CommandMessages(Type command)
    {
        yield return KeyValuePair.Create(command.Name, (JsonNode?)new JsonObject
        {
            ["name"] = command.Name,
            ["title"] = $"{command.Name} as plain JSON, from any language",
            ["contentType"] = "application/json",
            ["traits"] = new JsonArray(Reference("#/components/messageTraits/Command")),
            ["payload"] = SchemaOf(command),
        });
        yield return KeyValuePair.Create($"{command.Name}Envelope", (JsonNode?)new JsonObject
        {
            ["name"] = $"{command.Name}Envelope",
            ["title"] = $"{command.Name} as MassTransit publishes it",
            ["contentType"] = Envelope,
            ["traits"] = new JsonArray(Reference("#/components/messageTraits/Command")),
            ["payload"] = InEnvelope(command),
        });
    }

    private static KeyValuePair<string, JsonNode?> EventMessage(Type type) => KeyValuePair.Create(type.Name, (JsonNode?)new JsonObject
    {
        ["name"] = type.Name,
        ["title"] = type.Name,
        ["summary"] = XmlDocs.Of(type),
        ["contentType"] = Envelope,
        ["payload"] = InEnvelope(type),
    });

    private static JsonObject CommandTrait() => new()
    {
        ["headers"] = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                [CommandContextExtensions.LaneHeader] = new JsonObject
                {
                    ["type"] = "string",
                    ["enum"] = new JsonArray(CommandContextExtensions.BulkLane),
                    ["description"] = "Says of a command that has no bulk queue that it is not urgent.",
                },
            },
        },
        ["x-amqp-properties"] = new JsonObject
        {
            ["content_type"] = new JsonObject { ["type"] = "string", ["description"] = "As the message says. A message without one is read as plain JSON." },
            ["delivery_mode"] = new JsonObject { ["const"] = 2, ["description"] = "Persistent." },
            ["message_id"] = new JsonObject
            {
                ["type"] = "string",
                ["format"] = "uuid",
                ["description"] = "The idempotency key of a command without a `commandId`. Anything but a UUID counts as none.",
            },
            ["timestamp"] = new JsonObject
            {
                ["type"] = "integer",
                ["description"] = "Unix seconds: since when plain JSON without `occurredAt` is true. An envelope has its `sentTime` for that.",
            },
        },
    };

    private static JsonObject EnvelopeSchema() => JsonNode.Parse("""
        {
          "description": "MassTransit's envelope, as far as it counts here.",
          "type": "object",
          "properties": {
            "messageId": { "type": ["string", "null"], "format": "uuid", "description": "Of an outcome: the same when the same command comes to the same end again." },
            "requestId": { "type": ["string", "null"], "format": "uuid", "description": "Of a request, and of its answer." },
            "responseAddress": { "type": ["string", "null"], "description": "Where the answer goes." },
            "messageType": { "type": "array", "items": { "type": "string" } },
            "message": { "type": "object" },
            "sentTime": { "type": ["string", "null"], "format": "date-time" },
            "headers": { "type": ["object", "null"] }
          },
          "required": ["messageType", "message"]
        }
        """)!.AsObject();

    private static JsonObject InEnvelope(Type type) => new()
    {
        ["allOf"] = new JsonArray(
            Reference("#/components/schemas/Envelope"),
            new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    ["messageType"] = new JsonObject { ["contains"] = new JsonObject { ["const"] = $"urn:message:{ExchangeOf(type)}" } },
                    ["message"] = SchemaOf(type),
                },
            }),
    };

    private static string[] Forms(Type command) => [command.Name, $"{command.Name}Envelope"];

    private static string ExchangeOf(Type type) => $"{type.Namespace}:{type.Name}";

    private static JsonObject Messages(IEnumerable<string> names) =>
        new([.. names.Select(name => KeyValuePair.Create(name, (JsonNode?)Reference($"#/components/messages/{name}")))]);

    private static JsonObject SchemaOf(Type type) => Reference($"./schemas/{type.Name}.json");

    private static JsonObject Reference(string target) => new() { ["$ref"] = target };

    private static JsonObject Amqp(JsonObject binding)
    {
        binding["bindingVersion"] = "0.3.0";
        return new() { ["amqp"] = binding };
    }
}
