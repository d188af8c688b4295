using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HubSpotMessaging.Benchmarks.Load;

/// <summary>Hears what becomes of commands, as any subscriber does.</summary>
internal sealed class Outcomes : IAsyncDisposable
{
    private const string Synced = "HubSpotMessaging.Contracts:ContactSynced";
    private const string Rejected = "HubSpotMessaging.Contracts:CommandRejected";
    private const string Paused = "HubSpotMessaging.Contracts:DeliveryPaused";

    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private int _pauses;

    private Outcomes(IConnection connection, IChannel channel, Commands commands) =>
        (_connection, _channel, Commands) = (connection, channel, commands);

    public Commands Commands { get; }

    /// <summary>How often delivery was paused.</summary>
    public int Pauses => Volatile.Read(ref _pauses);

    public static async Task<Outcomes> SubscribeAsync(string uri, Commands commands, CancellationToken cancellationToken)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync(cancellationToken);
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var queue = await channel.QueueDeclareAsync(cancellationToken: cancellationToken);
        foreach (var exchange in (string[])[Synced, Rejected, Paused])
        {
            await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
            await channel.QueueBindAsync(queue.QueueName, exchange, "", cancellationToken: cancellationToken);
        }

        var outcomes = new Outcomes(connection, channel, commands);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            outcomes.Hear(delivery);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer, cancellationToken);
        return outcomes;
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private void Hear(BasicDeliverEventArgs delivery)
    {
        if (delivery.Exchange == Paused)
            Interlocked.Increment(ref _pauses);
        else if (CommandIdIn(delivery.Body.Span) is { } key)
            Commands.End(key, rejected: delivery.Exchange == Rejected);
    }

    /// <summary>Reads no more of the envelope than needed: this process shares the cores with what it measures.</summary>
    private static string? CommandIdIn(ReadOnlySpan<byte> envelope)
    {
        var json = new Utf8JsonReader(envelope);
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("commandId"u8))
                return json.Read() ? json.GetString() : null;
        }

        return null;
    }
}
