using System.Net.Security;
using System.Security.Authentication;
using MassTransit;
using RabbitMQ.Client;

namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// How the broker is connected to, by its URI. Over TLS its certificate must come from an authority that is trusted here and be for the host
/// of the URI: left to itself, RabbitMQ's client takes one for any host, and MassTransit one of any authority, and that on port 5671 alone.
/// </summary>
internal static class BrokerAddress
{
    private const int PlainPort = 5672;
    private const int TlsPort = 5671;

    /// <summary>For a connection that does not come back by itself.</summary>
    public static ConnectionFactory NewFactory(Uri broker)
    {
        var factory = new ConnectionFactory { Uri = broker, AutomaticRecoveryEnabled = false, TopologyRecoveryEnabled = false };
        (factory.Ssl.ServerName, factory.Ssl.AcceptablePolicyErrors) = (broker.Host, SslPolicyErrors.None);
        return factory;
    }

    /// <summary>For the bus.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="broker">The URI.</param>
    /// <param name="connectable">What every connection waits for before it is tried, given what makes it.</param>
    public static void ConnectTo(this IRabbitMqBusFactoryConfigurator bus, Uri broker, Func<ConnectionFactory, Task> connectable) =>
        bus.Host(new UriBuilder(broker) { Port = Port(broker) }.Uri, host =>
        {
            host.OnRefreshConnectionFactory = factory =>
            {
                factory.SocketFactory = GatheringStream.NewClient; // Here alone it is much that is sent.
                return connectable(factory);
            };
            if (UsesTls(broker))
                host.UseSsl(tls =>
                {
                    tls.ServerName = broker.Host;
                    tls.Protocol = SslProtocols.None; // The newest that both sides have.
                    tls.EnforcePolicyErrors(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable);
                });
        });

    /// <summary>The port, also when the URI leaves it out.</summary>
    public static int Port(Uri broker) => broker.Port > 0 ? broker.Port : UsesTls(broker) ? TlsPort : PlainPort;

    private static bool UsesTls(Uri broker) => broker.Scheme == "amqps";
}
