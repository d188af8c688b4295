using HubSpotMessaging.Service.Startup;
using MassTransit;
using MassTransit.RabbitMqTransport;
using RabbitMQ.Client;

namespace HubSpotMessaging.Service.Waiting;

/// <summary>
/// Waits in RabbitMQ, without a plugin: one queue for each length of wait, since a queue lets messages expire at its head alone. What
/// has expired goes back by the routing key, which is the name of the queue that it came from.
/// </summary>
internal sealed class WaitQueues(BrokerFacts broker) : IDelay
{
    /// <summary>What the broker has written on the way; in a copy it would be out of date, and CC would multiply it at every return.</summary>
    public static readonly string[] BrokersOwn = ["x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count", "CC", "BCC"];

    /// <summary>All queues, each with its arguments and an exchange of the same name before it.</summary>
    public static IEnumerable<(string Name, Dictionary<string, object?> Arguments)> All(BrokerFacts broker) =>
        WaitingRoom.Steps.Select(step => (Name(step), Arguments(step, broker)));

    /// <exception cref="RabbitMQ.Client.Exceptions.OperationInterruptedException">One is there with other arguments.</exception>
    public static async Task DeclareAsync(IChannel channel, string name, Dictionary<string, object?> arguments)
    {
        await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, autoDelete: false);
        await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments);
        await channel.QueueBindAsync(name, name, "");
    }

    public async Task SendAsync<T>(ConsumeContext<T> context, TimeSpan after, IReadOnlyDictionary<string, string?> headers)
        where T : class
    {
        var channel = context.ReceiveContext.GetPayload<ChannelContext>();
        var received = context.ReceiveContext.GetPayload<RabbitMqBasicConsumeContext>().Properties;
        var copy = new BasicProperties(received) { Persistent = true, Headers = new Dictionary<string, object?>(StringComparer.Ordinal) };
        copy.ClearExpiration(); // The queue says how long it waits.
        copy.ClearUserId(); // The broker would refuse another publisher's.
        foreach (var (header, value) in received.Headers ?? new Dictionary<string, object?>(StringComparer.Ordinal))
            if (!BrokersOwn.Any(own => header.StartsWith(own, StringComparison.Ordinal)))
                copy.Headers[header] = value;
        foreach (var (header, value) in headers)
            copy.Headers[header] = value;

        var target = context.ReceiveContext.InputAddress.AbsolutePath.Split('/')[^1];

        // Once a connection, should the broker have forgotten.
        await channel.AddOrUpdatePayload(NewDeclared, declared => declared.Task.IsFaulted || declared.Task.IsCanceled ? NewDeclared() : declared).Task;
        try
        {
            await PublishAsync();
        }
        catch (MessageReturnedException)
        {
            await DeclareAllAsync(channel.Channel); // Somebody has deleted the queue.
            await PublishAsync();
        }

        Declared NewDeclared() => new(DeclareAllAsync(channel.Channel));

        Task PublishAsync() => channel.BasicPublishAsync(
            Name(after), target, mandatory: true, copy, context.ReceiveContext.Body.GetBytes(), awaitAck: true, CancellationToken.None);
    }

    private async Task DeclareAllAsync(IChannel channel)
    {
        foreach (var (name, arguments) in All(broker))
            await DeclareAsync(channel, name, arguments);
    }

    private static string Name(TimeSpan wait) => wait switch
    {
        { TotalSeconds: <= 60 } => $"hubspot-wait-{wait.TotalSeconds:0}s",
        { TotalHours: < 1 } => $"hubspot-wait-{wait.TotalMinutes:0}m",
        _ => $"hubspot-wait-{wait.TotalHours:0}h",
    };

    /// <summary>None may be lost on the way back: at least once wants an overflow that refuses, and a broker that counts must not.</summary>
    private static Dictionary<string, object?> Arguments(TimeSpan wait, BrokerFacts broker)
    {
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["x-queue-type"] = "quorum",
            ["x-message-ttl"] = (long)wait.TotalMilliseconds,
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-strategy"] = "at-least-once",
            ["x-overflow"] = "reject-publish",
        };
        if (broker.LimitsDeliveries)
            arguments["x-delivery-limit"] = -1;
        return arguments;
    }

    private sealed record Declared(Task Task);
}
