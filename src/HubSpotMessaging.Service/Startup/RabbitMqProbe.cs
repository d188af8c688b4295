using System.Net.Sockets;
using System.Text;
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
        var where = $"{uri.Host}:{(uri.Port > 0 ? uri.Port : uri.Scheme == "amqps" ? 5671 : 5672)}";
        var factory = new ConnectionFactory { Uri = uri, AutomaticRecoveryEnabled = false, RequestedConnectionTimeout = TimeSpan.FromSeconds(10) };
        try
        {
            await using var connection = await factory.CreateConnectionAsync("HubSpotMessaging start");
            await using var channel = await connection.CreateChannelAsync(); // Only now does the broker speak of the virtual host.
            facts.Version = VersionOf(connection);
            await connection.CloseAsync();
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
