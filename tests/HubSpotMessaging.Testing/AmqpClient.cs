using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HubSpotMessaging.Testing;

/// <summary>A publisher and subscriber that knows AMQP and JSON and nothing of MassTransit, as one in another language would.</summary>
public sealed class AmqpClient : IAsyncDisposable
{
    public static readonly string[] Queues =
        ["hubspot-sync-contact", "hubspot-sync-contact-bulk", "hubspot-enroll-in-workflow", "hubspot-post-timeline-event"];

    public static readonly string[] WaitQueues =
        ["hubspot-wait-1s", "hubspot-wait-5s", "hubspot-wait-15s", "hubspot-wait-60s", "hubspot-wait-5m", "hubspot-wait-30m", "hubspot-wait-2h"];

    public static readonly string[] EventExchanges =
    [
        "HubSpotMessaging.Contracts:ContactSynced", "HubSpotMessaging.Contracts:ContactEnrolledInWorkflow",
        "HubSpotMessaging.Contracts:TimelineEventPosted", "HubSpotMessaging.Contracts:CommandRejected",
        "HubSpotMessaging.Contracts:TokenRefreshed", "HubSpotMessaging.Contracts:AuthorizationRequired",
        "HubSpotMessaging.Contracts:AuthorizationGranted", "HubSpotMessaging.Contracts:DeliveryPaused",
        "HubSpotMessaging.Contracts:DeliveryResumed",
    ];

    private readonly ConcurrentQueue<(string Event, JsonObject Message, string? MessageId)> _events = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private AmqpClient(IConnection connection, IChannel channel) => (_connection, _channel) = (connection, channel);

    public IReadOnlyList<(string Event, JsonObject Message, string? MessageId)> Seen => [.. _events];

    public static async Task<AmqpClient> ConnectAsync(string uri)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        return new(connection, channel);
    }

    /// <summary>Hears every event from now on.</summary>
    /// <param name="durableQueue">The name of a queue in which events wait while this client or the broker is away, too.</param>
    public async Task SubscribeAsync(string? durableQueue = null)
    {
        var queue = durableQueue is null ? await _channel.QueueDeclareAsync() : await _channel.QueueDeclareAsync(durableQueue, durable: true, exclusive: false, autoDelete: false);
        foreach (var exchange in EventExchanges)
        {
            await _channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
            await _channel.QueueBindAsync(queue.QueueName, exchange, "");
        }

        var consumer = new AsyncEventingBasicConsumer(_channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            var envelope = JsonNode.Parse(delivery.Body.Span)!.AsObject();
            _events.Enqueue((delivery.Exchange.Split(':')[1], envelope["message"]!.AsObject(), delivery.BasicProperties.MessageId));
            _arrived.Release();
            if (durableQueue is not null)
                await _channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
        };
        await _channel.BasicConsumeAsync(queue.QueueName, autoAck: durableQueue is null, consumer);
    }

    /// <summary>Begins to hear anew: forgets every event that was published before.</summary>
    public async Task ForgetAsync()
    {
        var mark = Guid.NewGuid().ToString();
        await SendAsync(EventExchanges[0], Encoding.UTF8.GetBytes($$$"""{"message":{"mark":"{{{mark}}}"}}"""));
        await EventAsync(EventExchanges[0].Split(':')[1], message => (string?)message["mark"] == mark); // What was published before came before.
        _events.Clear();
    }

    /// <summary>Publishes to the command's exchange, as plain JSON.</summary>
    public Task PublishAsync(string command, string json, Guid? messageId = null, DateTimeOffset? timestamp = null) =>
        SendAsync($"HubSpotMessaging.Contracts:{command}", Encoding.UTF8.GetBytes(json), messageId?.ToString(), timestamp);

    /// <summary>Sends to any exchange, any bytes.</summary>
    public async Task SendAsync(
        string exchange, byte[] body, string? messageId = null, DateTimeOffset? timestamp = null, string? contentType = "application/json")
    {
        var properties = new BasicProperties { Persistent = true, MessageId = messageId };
        if (contentType is not null)
            properties.ContentType = contentType;
        if (timestamp is { } time)
            properties.Timestamp = new AmqpTimestamp(time.ToUnixTimeSeconds());
        await _channel.BasicPublishAsync(exchange, "", mandatory: true, properties, body);
    }

    /// <summary>The first event that matches, past or future.</summary>
    public async Task<JsonObject> EventAsync(string name, Func<JsonObject, bool>? matches = null, int seconds = 30)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        for (var looked = 0; ;)
        {
            foreach (var (seen, message, _) in _events.Skip(looked))
            {
                looked++;
                if (seen == name && matches?.Invoke(message) != false)
                    return message;
            }

            try
            {
                await _arrived.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException timeout)
            {
                throw new TimeoutException($"No {name} came. Seen at last: {string.Join('\n', _events.TakeLast(20).Select(entry => $"{entry.Event} {entry.Message.ToJsonString()}"))}", timeout);
            }
        }
    }

    public Task<JsonObject> OutcomeAsync(string name, string commandId, int seconds = 30) =>
        EventAsync(name, message => (string?)message["commandId"] == commandId, seconds);

    /// <summary>Takes the next dead letter of a queue.</summary>
    public async Task<(string Body, IReadOnlyDictionary<string, string?> Headers)> DeadLetterAsync(string queue)
    {
        var limit = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromSeconds(30))
        {
            if (await ExistsAsync($"{queue}_error"))
            {
                await using var channel = await _connection.CreateChannelAsync();
                if (await TakeAsync(channel, $"{queue}_error") is { } letter)
                    return letter;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        throw new TimeoutException($"No dead letter came to {queue}_error.");
    }

    /// <summary>Takes all dead letters of a queue that are there by now.</summary>
    public async Task<IReadOnlyList<(string Body, IReadOnlyDictionary<string, string?> Headers)>> DeadLettersAsync(string queue)
    {
        var letters = new List<(string, IReadOnlyDictionary<string, string?>)>();
        await using var channel = await _connection.CreateChannelAsync();
        while (await TakeAsync(channel, $"{queue}_error") is { } letter)
            letters.Add(letter);
        return letters;
    }

    /// <summary>How many messages wait in a queue; 0 when there is no such queue.</summary>
    public async Task<uint> DepthAsync(string queue)
    {
        if (!await ExistsAsync(queue))
            return 0;
        await using var channel = await _connection.CreateChannelAsync();
        return await channel.MessageCountAsync(queue);
    }

    /// <summary>How many consumers a queue has.</summary>
    public async Task<uint> ConsumersAsync(string queue)
    {
        await using var channel = await _connection.CreateChannelAsync();
        return await channel.ConsumerCountAsync(queue);
    }

    /// <summary>Whether there is such an exchange.</summary>
    public Task<bool> HasExchangeAsync(string exchange) => IsAllowedAsync(channel => channel.ExchangeDeclarePassiveAsync(exchange));

    public Task DeleteExchangeAsync(string exchange) => _channel.ExchangeDeleteAsync(exchange);

    /// <summary>Whether a queue can be declared with these arguments, which for one that is there means that it has them.</summary>
    public Task<bool> HasArgumentsAsync(string queue, Dictionary<string, object?> arguments) =>
        IsAllowedAsync(channel => channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments));

    /// <summary>Empties the queues of commands and their dead letters.</summary>
    public async Task PurgeQueuesAsync()
    {
        foreach (var queue in Queues.SelectMany(queue => new[] { queue, $"{queue}_error", $"{queue}_skipped" }).Concat(WaitQueues))
        {
            if (await ExistsAsync(queue))
                await _channel.QueuePurgeAsync(queue);
        }
    }

    public async Task DeleteQueuesAsync()
    {
        foreach (var queue in Queues.SelectMany(queue => new[] { queue, $"{queue}_error" }).Concat(WaitQueues))
            await _channel.QueueDeleteAsync(queue);
    }

    public int BrokerMajorVersion() => int.Parse(Text(_connection.ServerProperties!["version"])!.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
        _arrived.Dispose();
    }

    private Task<bool> ExistsAsync(string queue) => IsAllowedAsync(channel => channel.QueueDeclarePassiveAsync(queue));

    /// <summary>On a channel of its own, since the broker closes one on which it refuses something.</summary>
    private async Task<bool> IsAllowedAsync(Func<IChannel, Task> action)
    {
        await using var channel = await _connection.CreateChannelAsync();
        try
        {
            await action(channel);
            return true;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return false;
        }
    }

    private static async Task<(string Body, IReadOnlyDictionary<string, string?> Headers)?> TakeAsync(IChannel channel, string queue) =>
        await channel.BasicGetAsync(queue, autoAck: true) is { } message
            ? (Encoding.UTF8.GetString(message.Body.Span), message.BasicProperties.Headers?.ToDictionary(header => header.Key, header => Text(header.Value)) ?? [])
            : null;

    private static string? Text(object? header) => header is byte[] bytes ? Encoding.UTF8.GetString(bytes) : header?.ToString();
}
