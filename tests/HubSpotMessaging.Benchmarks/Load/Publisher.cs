using System.Text.Json;
using RabbitMQ.Client;

namespace HubSpotMessaging.Benchmarks.Load;

/// <summary>Publishes commands as plain JSON, with confirms, and never slower because the other side is slow.</summary>
internal sealed class Publisher : IAsyncDisposable
{
    public const string Exchange = "HubSpotMessaging.Contracts:SyncContact";
    public const string BulkExchange = "hubspot-sync-contact-bulk";

    /// <summary>Unconfirmed messages of a backlog at once.</summary>
    private const int Chunk = 1_000;

    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly Commands _commands;
    private readonly CancellationToken _stop;

    private Publisher(IConnection connection, IChannel channel, Commands commands, CancellationToken stop) =>
        (_connection, _channel, _commands, _stop) = (connection, channel, commands, stop);

    public static async Task<Publisher> ConnectAsync(string uri, Commands commands, CancellationToken stop)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync(stop);
        return new(connection, await connection.CreateChannelAsync(Confirms.Unthrottled, stop), commands, stop);
    }

    /// <summary>Publishes so many at once, as fast as the broker takes them.</summary>
    public async Task<CommandRange> BacklogAsync(int count, string exchange = Exchange, Func<int, string>? lastName = null)
    {
        var first = _commands.Count;
        for (var left = count; left > 0; left -= Chunk)
            await Task.WhenAll(Enumerable.Range(0, Math.Min(left, Chunk)).Select(_ => PublishAsync(exchange, lastName)).ToList());
        return new(first, _commands.Count);
    }

    /// <summary>Publishes one, and returns without the confirm of the broker.</summary>
    public (int Index, Task Confirmed) One(Func<int, string>? lastName = null)
    {
        var index = _commands.Count;
        return (index, PublishAsync(Exchange, lastName));
    }

    /// <summary>Publishes single commands at a steady rate, whatever becomes of them.</summary>
    public async Task<CommandRange> TrickleAsync(int perSecond, TimeSpan duration)
    {
        var (first, count) = (_commands.Count, (int)(perSecond * duration.TotalSeconds));
        var confirms = new List<Task>(count);
        var started = TimeProvider.System.GetTimestamp();
        for (var published = 0; published < count; published++)
        {
            var wait = TimeSpan.FromSeconds((double)published / perSecond) - TimeProvider.System.GetElapsedTime(started);
            if (wait > TimeSpan.FromMilliseconds(1))
                await Task.Delay(wait, TimeProvider.System, _stop);
            confirms.Add(PublishAsync(Exchange));
        }

        await Task.WhenAll(confirms);
        return new(first, _commands.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task PublishAsync(string exchange, Func<int, string>? lastName = null)
    {
        var index = _commands.Publish();
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                commandId = Commands.KeyOf(index),
                occurredAt = _commands.PublishedAt(index),
                email = _commands.EmailOf(index),
                properties = new { firstname = "Ada", lastname = lastName?.Invoke(index) ?? "Lovelace", city = "Dublin", company = "Example Ltd" },
            });
        var properties = new BasicProperties { Persistent = true, ContentType = "application/json", MessageId = Guid.NewGuid().ToString() };
        await _channel.BasicPublishAsync(exchange, "", mandatory: true, properties, body, _stop);
    }
}
