using MassTransit;
using MassTransit.RabbitMqTransport;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// Lets a single worker of RabbitMQ's client hand over every message without waiting for its end. The client waits, so that MassTransit has it
/// use as many workers as messages may be at work at once; and each message that arrives wakes all that are idle, which with 1,800 of
/// them costs twenty times what the message does. How many are at work is up to the prefetch count.
/// </summary>
internal sealed class OverlappingDeliveries : IFilter<ChannelContext>
{
    /// <summary>Makes an endpoint's deliveries overlap.</summary>
    public static void On(IRabbitMqReceiveEndpointConfigurator endpoint)
    {
        endpoint.ConcurrentMessageLimit = 1; // The client's workers; MassTransit itself limits nothing by it.
        endpoint.ConfigureChannel(channel => channel.UseFilter(new OverlappingDeliveries()));
    }

    public Task Send(ChannelContext context, IPipe<ChannelContext> next) => next.Send(new Channel(context));

    public void Probe(ProbeContext context) => context.CreateFilterScope("overlappingDeliveries");

    /// <summary>The channel, but for its consumer.</summary>
    private sealed class Channel : SharedChannelContext, ChannelContext
    {
        private readonly ChannelContext _channel;

        public Channel(ChannelContext channel)
            : base(channel, channel.CancellationToken) => _channel = channel;

        Task<string> ChannelContext.BasicConsume(
            string queue,
            bool noAck,
            bool exclusive,
            IDictionary<string, object> arguments,
            IAsyncBasicConsumer consumer,
            string consumerTag,
            CancellationToken cancellationToken) =>
            _channel.BasicConsume(queue, noAck, exclusive, arguments, new Consumer(consumer), consumerTag, cancellationToken);

        /// <summary>As often as there are messages, so without another cancellation around that of the channel.</summary>
        ValueTask ChannelContext.BasicAck(ulong deliveryTag, bool multiple, CancellationToken cancellationToken) =>
            _channel.BasicAck(deliveryTag, multiple, cancellationToken);
    }

    /// <summary>MassTransit's consumer, which knows by itself what is at work, and lets no exception escape.</summary>
    private sealed class Consumer(IAsyncBasicConsumer consumer) : IAsyncBasicConsumer
    {
        IChannel? IAsyncBasicConsumer.Channel => consumer.Channel;

        public Task HandleBasicDeliverAsync(
            string consumerTag,
            ulong deliveryTag,
            bool redelivered,
            string exchange,
            string routingKey,
            IReadOnlyBasicProperties properties,
            ReadOnlyMemory<byte> body,
            CancellationToken cancellationToken = default)
        {
            // The client takes the body's memory back as soon as this returns.
            _ = consumer.HandleBasicDeliverAsync(
                consumerTag, deliveryTag, redelivered, exchange, routingKey, properties, body.ToArray(), cancellationToken);
            return Task.CompletedTask;
        }

        public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken = default) =>
            consumer.HandleBasicConsumeOkAsync(consumerTag, cancellationToken);

        public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default) =>
            consumer.HandleBasicCancelAsync(consumerTag, cancellationToken);

        public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default) =>
            consumer.HandleBasicCancelOkAsync(consumerTag, cancellationToken);

        public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason) => consumer.HandleChannelShutdownAsync(channel, reason);
    }
}
