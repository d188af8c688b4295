using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>A queue of dead letters, and of what is sent again, with no service in between.</summary>
internal sealed class ErrorQueue : IAsyncDisposable
{
    public const string Contacts = "hubspot-sync-contact_error";
    public const string Bulk = "hubspot-sync-contact-bulk";

    private static readonly DateTimeOffset FirstFailure = new(2026, 10, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly IConnection _connection;

    private ErrorQueue(IConnection connection) => _connection = connection;

    public static async Task<ErrorQueue> ConnectAsync(string uri) =>
        new(await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync());

    /// <summary>Puts dead letters there as the service does: <c>c-0</c>, <c>c-1</c> and so on, each failed a millisecond later.</summary>
    public async Task FillAsync(int count, string property = "favorite_food", string queue = Contacts)
    {
        await using var channel = await _connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        foreach (var some in Enumerable.Range(0, count).Chunk(100))
            await Task.WhenAll(some.Select(number => SendAsync(channel, queue, number, property).AsTask()));
    }

    /// <summary>Puts anything there.</summary>
    public async Task SendAsync(string queue, byte[] body)
    {
        await using var channel = await _connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        await channel.BasicPublishAsync("", queue, mandatory: true, new BasicProperties { Persistent = true }, body);
    }

    /// <summary>What is in a queue, in order; it stays there.</summary>
    public async Task<IReadOnlyList<string>> BodiesAsync(string queue = Contacts)
    {
        await using var channel = await _connection.CreateChannelAsync();
        var bodies = new List<string>();
        while (await channel.BasicGetAsync(queue, autoAck: false) is { } message)
            bodies.Add(Encoding.UTF8.GetString(message.Body.Span));
        return bodies;
    }

    /// <summary>Lets the broker move a message to the dead letters by itself: its time in another queue is over.</summary>
    public async Task ExpireAsync(string body, string queue = Contacts)
    {
        await using var channel = await _connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var from = await channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, new Dictionary<string, object?>
        {
            ["x-message-ttl"] = 1,
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = queue,
        });
        await channel.BasicPublishAsync("", from.QueueName, mandatory: true, new BasicProperties { MessageId = Guid.NewGuid().ToString() }, Encoding.UTF8.GetBytes(body));
        await Eventually.BecomesTrueAsync(async () => await channel.MessageCountAsync(from.QueueName) == 0, "the broker has moved it");
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    public static string Body(int number, string property = "favorite_food") => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"commandId":"c-{{{number}}}","occurredAt":"2026-10-01T11:00:00Z","email":"person-{{{number}}}@example.com","properties":{"firstname":"Ada","lastname":"Lovelace","company":"Analytical Engines","{{{property}}}":"burger with chips"}}""");

    private static ValueTask SendAsync(IChannel channel, string queue, int number, string property)
    {
        var failedAt = FirstFailure.AddMilliseconds(number);
        var properties = new BasicProperties
        {
            Persistent = true,
            ContentType = "application/json",
            MessageId = Guid.NewGuid().ToString(),
            Headers = new Dictionary<string, object?>
            {
                ["MT-Reason"] = "fault",
                ["MT-Fault-ExceptionType"] = "HubSpotMessaging.Service.Consumers.CommandRejectedException",
                ["MT-Fault-Message"] = $"Property values were not valid: [{{\"isValid\":false,\"message\":\"Property \\\"{property}\\\" does not exist\",\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"{property}\"}}]",
                ["MT-Fault-Timestamp"] = failedAt.ToString("O"),
                ["MT-Fault-StackTrace"] = new string('s', 800),
                ["MT-Fault-InputAddress"] = "rabbitmq://localhost/hubspot-sync-contact",
                ["MT-Host-MachineName"] = "replica-1",
                ["hubspot-category"] = "VALIDATION_ERROR",
                ["hubspot-correlation-id"] = Guid.NewGuid().ToString(),
                ["hubspot-errors"] = $$"""[{"property":"{{property}}","code":"PROPERTY_DOESNT_EXIST"}]""",
                ["hubspot-idempotency-key"] = string.Create(CultureInfo.InvariantCulture, $"c-{number}"),
                ["hubspot-occurred-at"] = "2026-10-01T11:00:00.0000000+00:00",
                ["hubspot-waiting-since"] = "",
            },
        };
        return channel.BasicPublishAsync("", queue, mandatory: true, properties, Encoding.UTF8.GetBytes(Body(number, property)));
    }
}
