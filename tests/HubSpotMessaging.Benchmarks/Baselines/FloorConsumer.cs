using System.Text.Json;
using System.Threading.Channels;
using HubSpotMessaging.Benchmarks.Load;
using HubSpotMessaging.Contracts;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HubSpotMessaging.Benchmarks.Baselines;

/// <summary>
/// The least that can be done: bare clients, batches packed by hand, a local pace, one confirmed outcome for each command, and the
/// acknowledgement after the confirm. No tokens to keep, no order, nothing shared with a second process, no refusals.
/// </summary>
internal sealed class FloorConsumer : IAsyncDisposable
{
    private const int MaximumBatch = 100;
    private const int Queue = 2_000;
    private const string QueueName = "hubspot-sync-contact";
    private const string Synced = "HubSpotMessaging.Contracts:ContactSynced";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly IConnection _connection;
    private readonly IChannel _consuming;
    private readonly IChannel _publishing;
    private readonly HttpClient _hubSpot;
    private readonly TimeSpan _gap;
    private readonly SemaphoreSlim _inFlight = new(16);
    private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();

    private FloorConsumer(IConnection connection, IChannel consuming, IChannel publishing, HttpClient hubSpot, TimeSpan gap) =>
        (_connection, _consuming, _publishing, _hubSpot, _gap) = (connection, consuming, publishing, hubSpot, gap);

    public static async Task<FloorConsumer> StartAsync(BaselineOptions options, HttpClient http)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(options.RabbitMq) }.CreateConnectionAsync();
        var consuming = await connection.CreateChannelAsync();
        await consuming.ExchangeDeclareAsync(Publisher.Exchange, ExchangeType.Fanout, durable: true);
        await consuming.QueueDeclareAsync(
            QueueName, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await consuming.QueueBindAsync(QueueName, Publisher.Exchange, "");
        await consuming.BasicQosAsync(0, Queue, global: false);

        // Two slots of the window stay free: a request that is late on the network must not meet 110 others that are not.
        var gap = options.RateLimit is { } limit ? options.Window / (limit - 2) : TimeSpan.Zero;
        var floor = new FloorConsumer(connection, consuming, await connection.CreateChannelAsync(Confirms.Unthrottled), http, gap);
        var consumer = new AsyncEventingBasicConsumer(consuming);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            floor._received.Writer.TryWrite(new(delivery.DeliveryTag, JsonSerializer.Deserialize<SyncContact>(delivery.Body.Span, JsonSerializerOptions.Web)!));
            return Task.CompletedTask;
        };
        await consuming.BasicConsumeAsync(QueueName, autoAck: false, consumer);
        _ = floor.PumpAsync();
        return floor;
    }

    public async ValueTask DisposeAsync()
    {
        await _consuming.DisposeAsync();
        await _publishing.DisposeAsync();
        await _connection.DisposeAsync();
        _inFlight.Dispose();
    }

    /// <summary>A batch is packed at the last moment: when it may be sent.</summary>
    private async Task PumpAsync()
    {
        var last = TimeProvider.System.GetTimestamp();
        while (await _received.Reader.WaitToReadAsync())
        {
            await _inFlight.WaitAsync();
            if (_gap - TimeProvider.System.GetElapsedTime(last) is { Ticks: > 0 } wait)
                await Task.Delay(wait, TimeProvider.System);
            last = TimeProvider.System.GetTimestamp();

            var batch = new List<Received>(MaximumBatch);
            while (batch.Count < MaximumBatch && _received.Reader.TryRead(out var received))
                batch.Add(received);
            _ = SendAsync(batch);
        }
    }

    private async Task SendAsync(List<Received> batch)
    {
        try
        {
            using var body = ContactBatch.Write(batch.Select(received => (received.Command.CommandId!, received.Command.Email, received.Command.Properties)));
            using var response = await _hubSpot.PostAsync(ContactBatch.Path, body);
            if (!response.IsSuccessStatusCode)
            {
                _ = SendLaterAsync(batch);
                return;
            }

            var written = await ContactBatch.ReadAsync(response);
            await Task.WhenAll(batch.Select(received => ConcludeAsync(received, written[received.Command.CommandId!])).ToList());
        }
        catch (Exception failure) // Nobody awaits this; whoever waits in vain for an outcome sees what was written.
        {
            await Console.Error.WriteLineAsync(failure.ToString());
        }
        finally
        {
            _inFlight.Release();
        }
    }

    private async Task SendLaterAsync(List<Received> batch)
    {
        await Task.Delay(RetryAfter, TimeProvider.System);
        foreach (var received in batch)
            _received.Writer.TryWrite(received);
    }

    private async Task ConcludeAsync(Received received, WrittenContact written)
    {
        var outcome = new
        {
            messageId = Guid.NewGuid(),
            messageType = (string[])["urn:message:HubSpotMessaging.Contracts:ContactSynced"],
            message = new ContactSynced
            {
                CommandId = received.Command.CommandId,
                OccurredAt = received.Command.OccurredAt ?? default,
                Email = received.Command.Email,
                ContactId = written.Id,
                Result = written.New ? ContactSyncResult.Created : ContactSyncResult.Updated,
            },
        };
        await _publishing.BasicPublishAsync(
            Synced, "", mandatory: true, new BasicProperties { Persistent = true, ContentType = "application/json" }, JsonSerializer.SerializeToUtf8Bytes(outcome, JsonSerializerOptions.Web));
        await _consuming.BasicAckAsync(received.Tag, multiple: false);
    }

    private readonly record struct Received(ulong Tag, SyncContact Command);
}
