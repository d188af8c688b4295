using System.Runtime.CompilerServices;
using MassTransit;
using MassTransit.RabbitMqTransport;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// Lets a single worker of RabbitMQ's client hand over every message without waiting for its end. The client waits, so that MassTransit has it
/// use as many workers as messages may be at work at once; and each message that arrives wakes all that are idle, which costs more than
/// the message. How many are at work is up to the prefetch count. What is done with a message before something is awaited is done by that
/// worker, and closing a channel does not wait for what is at work: MassTransit does.
/// </summary>
internal sealed class OverlappingDeliveries(TimeProvider time) : IFilter<ChannelContext>
{
    /// <summary>By channel, since consumers may follow each other on one.</summary>
    private readonly ConditionalWeakTable<IChannel, GatheredAcknowledgements> _acknowledgements = [];

    /// <summary>Makes an endpoint's deliveries overlap.</summary>
    public static void On(IRabbitMqReceiveEndpointConfigurator endpoint, TimeProvider time)
    {
        endpoint.ConcurrentMessageLimit = 1; // The client's workers; MassTransit itself limits nothing by it.
        endpoint.ConfigureChannel(channel => channel.UseFilter(new OverlappingDeliveries(time)));
    }

    public Task Send(ChannelContext context, IPipe<ChannelContext> next) => next.Send(new Channel(
        context, _acknowledgements.GetValue(context.Channel, channel => new((tag, multiple) => channel.BasicAckAsync(tag, multiple), time))));

    public void Probe(ProbeContext context) => context.CreateFilterScope("overlappingDeliveries");

    /// <summary>The channel, but for its consumer, and how that settles its messages.</summary>
    private sealed class Channel : SharedChannelContext, ChannelContext
    {
        private readonly ChannelContext _channel;
        private readonly GatheredAcknowledgements _acknowledgements;

        public Channel(ChannelContext channel, GatheredAcknowledgements acknowledgements)
            : base(channel, channel.CancellationToken) => (_channel, _acknowledgements) = (channel, acknowledgements);

        Task<string> ChannelContext.BasicConsume(
            string queue,
            bool noAck,
            bool exclusive,
            IDictionary<string, object> arguments,
            IAsyncBasicConsumer consumer,
            string consumerTag,
            CancellationToken cancellationToken) =>
            _channel.BasicConsume(queue, noAck, exclusive, arguments, new Consumer(consumer), consumerTag, cancellationToken);

        ValueTask ChannelContext.BasicAck(ulong deliveryTag, bool multiple, CancellationToken cancellationToken) =>
            new(_acknowledgements.AcknowledgeAsync(deliveryTag));

        async Task ChannelContext.BasicNack(ulong deliveryTag, bool multiple, bool requeue, CancellationToken cancellationToken)
        {
            await _channel.BasicNack(deliveryTag, multiple, requeue, cancellationToken);
            _acknowledgements.NoteReturned(deliveryTag);
        }
    }

    /// <summary>MassTransit's consumer, which knows by itself what is at work, and catches what goes wrong with it.</summary>
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
