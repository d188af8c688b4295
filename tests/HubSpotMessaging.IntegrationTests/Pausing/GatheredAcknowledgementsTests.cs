using System.Globalization;
using System.Text;
using System.Threading.Channels;
using HubSpotMessaging.Service.Bus;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HubSpotMessaging.IntegrationTests.Pausing;

/// <summary>What RabbitMQ makes of acknowledgements for several messages at once.</summary>
public sealed class GatheredAcknowledgementsTests(Servers servers)
{
    private const string Queue = "numbers";
    private const int Messages = 3_000;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("quorum")]
    [InlineData("classic")]
    public async Task In_whatever_order_messages_end_each_is_acknowledged_once_and_what_goes_back_comes_again(string kind)
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        await using var connection = await new ConnectionFactory { Uri = new(await servers.FreshVirtualHostAsync()) }.CreateConnectionAsync();
        var channel = await PublishAsync(connection, kind);
        var deliveries = await ConsumeAsync(channel);

        var frames = 0;
        var acknowledgements = new GatheredAcknowledgements(
            (tag, multiple) =>
            {
                Interlocked.Increment(ref frames);
                return channel.BasicAckAsync(tag, multiple);
            },
            TimeProvider.System);
        List<Delivery> atWork = [];
        List<Task> acknowledged = [];
        HashSet<int> done = [], returned = [], cameAgain = [];
        while (done.Count < Messages)
        {
            if (atWork.Count == 0)
                atWork.Add(await deliveries.ReadAsync().AsTask().WaitAsync(Long));
            while (deliveries.TryRead(out var delivery))
                atWork.Add(delivery);

            for (var left = random.Next(1, 60); left > 0 && atWork.Count > 0; left--)
            {
                var position = random.Next(5) == 0 ? random.Next(atWork.Count) : 0; // Mostly in the order in which they came.
                var delivery = atWork[position];
                atWork.RemoveAt(position);
                if (!delivery.IsRedelivered && random.Next(30) == 0)
                {
                    returned.Add(delivery.Number);
                    await channel.BasicNackAsync(delivery.Tag, multiple: false, requeue: true);
                    acknowledgements.NoteReturned(delivery.Tag);
                    continue;
                }

                done.Add(delivery.Number).ShouldBeTrue();
                if (delivery.IsRedelivered)
                    cameAgain.Add(delivery.Number);
                acknowledged.Add(acknowledgements.AcknowledgeAsync(delivery.Tag));
            }
        }

        await Task.WhenAll(acknowledged).WaitAsync(Long);
        cameAgain.ShouldBe(returned, ignoreOrder: true);
        frames.ShouldBeLessThan(Messages / 2);
        channel.IsOpen.ShouldBeTrue();

        // What is not acknowledged would be there again.
        var last = new Acknowledgements(TimeProvider.System);
        last.Note();
        await last.TakenAsync();
        await channel.CloseAsync();
        await using var look = await connection.CreateChannelAsync();
        (await look.QueueDeclarePassiveAsync(Queue)).MessageCount.ShouldBe(0u);
    }

    private static async Task<IChannel> PublishAsync(IConnection connection, string kind)
    {
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));
        await channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = kind });
        var confirmed = new List<Task>();
        for (var number = 0; number < Messages; number++)
            confirmed.Add(channel.BasicPublishAsync("", Queue, Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture))).AsTask());
        await Task.WhenAll(confirmed);
        return channel;
    }

    private static async Task<ChannelReader<Delivery>> ConsumeAsync(IChannel channel)
    {
        var deliveries = Channel.CreateUnbounded<Delivery>();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            deliveries.Writer.TryWrite(new(delivery.DeliveryTag, int.Parse(delivery.Body.Span, CultureInfo.InvariantCulture), delivery.Redelivered));
            return Task.CompletedTask;
        };
        await channel.BasicQosAsync(0, 300, global: false);
        await channel.BasicConsumeAsync(Queue, autoAck: false, consumer);
        return deliveries.Reader;
    }

    private sealed record Delivery(ulong Tag, int Number, bool IsRedelivered);
}
