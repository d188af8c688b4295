using System.Collections.Concurrent;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>Somebody with a tool of their own who consumes dead letters, and keeps what comes until they go away.</summary>
internal sealed class OtherConsumer : IAsyncDisposable
{
    private readonly ConcurrentQueue<(ulong Tag, string Body)> _held = [];
    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private OtherConsumer(IConnection connection, IChannel channel) => (_connection, _channel) = (connection, channel);

    public IReadOnlyList<string> Held => [.. _held.Select(held => held.Body)];

    /// <summary>Consumes at most so many at a time.</summary>
    public static async Task<OtherConsumer> ConnectAsync(string uri, ushort atMost)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        var other = new OtherConsumer(connection, channel);
        await channel.BasicQosAsync(0, atMost, global: false);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            other._held.Enqueue((delivery.DeliveryTag, Encoding.UTF8.GetString(delivery.Body.Span)));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(ErrorQueue.Contacts, autoAck: false, consumer);
        return other;
    }

    /// <summary>Takes the first of them out of the queue for good.</summary>
    public async Task TakeAsync(int count) => await _channel.BasicAckAsync(_held.ElementAt(count - 1).Tag, multiple: true);

    /// <summary>Goes away; the rest returns to the queue.</summary>
    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
