using System.Net.Sockets;
using System.Text;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.Waiting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HubSpotMessaging.Service.Startup;

/// <summary>Finds out before the start whether RabbitMQ is there, lets us in, and which version it is.</summary>
internal sealed class RabbitMqProbe(IServiceProvider services)
{
    private const string Key = "ConnectionStrings:RabbitMq";

    public async Task CheckAsync(BrokerFacts facts)
    {
        var uri = new Uri(services.GetSettings<ServerOptions>().RabbitMq);
        var where = $"{uri.Host}:{BrokerAddress.Port(uri)}";
        var trouble = new TlsTrouble();
        var factory = BrokerAddress.NewFactory(uri);
        factory.RequestedConnectionTimeout = TimeSpan.FromSeconds(10);
        factory.Ssl.CertificateValidationCallback = trouble.Accepts;
        try
        {
            await using var connection = await factory.CreateConnectionAsync("HubSpotMessaging start");
            await using var channel = await connection.CreateChannelAsync(); // Only now does the broker speak of the virtual host.
            facts.Version = VersionOf(connection);
            await EnsureQueuesAsync(connection, facts);
            await connection.CloseAsync();
        }
        catch (Exception exception) when (trouble.In(exception) is { } tls)
        {
            throw new StartupException($"{Key}: RabbitMQ at {where} cannot be spoken to over TLS: {tls}");
        }
        catch (Exception exception) when (Refusal(exception) is { } refusal)
        {
            throw new StartupException($"{Key}: RabbitMQ at {where} {refusal}");
        }
        catch (Exception exception) when (exception is BrokerUnreachableException or OperationInterruptedException or SocketException or OperationCanceledException)
        {
            throw new StartupException($"{Key}: RabbitMQ at {where} cannot be reached.", mayPass: true);
        }
    }

    /// <summary>The bus would try for ever to declare a queue that is there with other arguments.</summary>
    private static async Task EnsureQueuesAsync(IConnection connection, BrokerFacts facts)
    {
        var arguments = CommandQueues.Arguments(facts).ToDictionary();
        foreach (var queue in CommandQueues.All.SelectMany(queue => new[] { queue, CommandQueues.DeadLetters(queue) }))
            await EnsureAsync(connection, queue, arguments, channel =>
                channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments));
        foreach (var (queue, waitArguments) in WaitQueues.All(facts))
            await EnsureAsync(connection, queue, waitArguments, channel => WaitQueues.DeclareAsync(channel, queue, waitArguments));
    }

    private static async Task EnsureAsync(IConnection connection, string queue, Dictionary<string, object?> arguments, Func<IChannel, Task> declareAsync)
    {
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            await declareAsync(channel);
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == 406)
        {
            throw new StartupException(
                $"{Key}: the queue {queue} is there with other arguments than {string.Join(", ", arguments.Select(argument => $"{argument.Key}={argument.Value}"))}. "
                + "Move its messages away and delete it; the service makes it anew.");
        }
    }

    private static Version? VersionOf(IConnection connection) =>
        connection.ServerProperties?.TryGetValue("version", out var value) == true
        && value is byte[] bytes
        && Version.TryParse(Encoding.UTF8.GetString(bytes).Split('-', '+')[0], out var version) ? version : null;

    private static string? Refusal(Exception exception) => exception switch
    {
        BrokerUnreachableException { InnerException: { } inner } => Refusal(inner),
        AuthenticationFailureException => "refuses the user name or the password.",
        OperationInterruptedException { ShutdownReason.ReplyCode: 530 } => "has no such virtual host, or does not let the user in.",
        _ => null,
    };
}
