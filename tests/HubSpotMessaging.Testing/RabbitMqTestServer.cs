using System.Text;
using HubSpotMessaging.Testing.Processes;
using HubSpotMessaging.Testing.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using Testcontainers.RabbitMq;

namespace HubSpotMessaging.Testing;

/// <summary>A real RabbitMQ for tests.</summary>
public sealed class RabbitMqTestServer : IAsyncDisposable
{
    private const string Image = "rabbitmq:4-management";
    private const string User = "tests";
    private const string Password = "tests";
    private const string VirtualHost = "tests";
    private readonly ServerHost? _host;
    private readonly int _tlsPort;

    private RabbitMqTestServer(string uri, ServerHost? host, int tlsPort = 0)
    {
        Uri = uri;
        _host = host;
        _tlsPort = tlsPort;
    }

    /// <summary><c>amqp://user:password@host:port/vhost</c></summary>
    public string Uri { get; }

    /// <summary><c>RABBITMQ_URI</c>, <c>Docker through Testcontainers</c> or <c>servers found on this machine</c>.</summary>
    public string Origin => _host?.Origin ?? "RABBITMQ_URI";

    /// <summary>Whether it was started here, so that it can be stopped, killed and started again. False with <c>RABBITMQ_URI</c>.</summary>
    public bool IsOwn => _host is not null;

    /// <summary>Whether virtual hosts can be made. False with <c>RABBITMQ_URI</c>: use its virtual host as it is.</summary>
    public bool CanCreateVirtualHosts => IsOwn;

    private ServerHost Own => _host ?? throw new InvalidOperationException("The broker of RABBITMQ_URI is not ours to control.");

    /// <summary>The broker of <c>RABBITMQ_URI</c>, else one in Docker, else one started on this machine.</summary>
    /// <exception cref="TestServerException">None can be had, or it does not start.</exception>
    public static async Task<RabbitMqTestServer> StartAsync(CancellationToken cancellationToken = default)
    {
        if (ServerChoice.Given("RABBITMQ_URI") is not { } uri)
            return await StartOwnAsync(cancellationToken);
        await ServerChoice.UntilItAnswersAsync("The broker of RABBITMQ_URI", token => ProbeAsync(uri, token), cancellationToken);
        return new RabbitMqTestServer(uri, null);
    }

    /// <summary>A broker of one's own, to stop and kill.</summary>
    /// <exception cref="TestServerException">None can be had, or it does not start.</exception>
    public static Task<RabbitMqTestServer> StartOwnAsync(CancellationToken cancellationToken = default) => StartOwnAsync(null, cancellationToken);

    /// <summary>A broker of one's own that listens with TLS besides.</summary>
    /// <param name="certificate">What it shows; without one it does not.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="TestServerException">None can be had, or it does not start.</exception>
    public static async Task<RabbitMqTestServer> StartOwnAsync(ServerCertificate? certificate, CancellationToken cancellationToken = default)
    {
        var tls = certificate is null ? null : new TlsListener(FreePorts.Next(), certificate);
        var host = await ServerChoice.StartOwnAsync("RabbitMQ", () => Container(tls), () => LocalRabbitMq.Create(User, Password, VirtualHost, tls), ProbeAsync, cancellationToken);
        return new RabbitMqTestServer(UriOf(host, VirtualHost), host, tls?.Port ?? 0);
    }

    /// <summary>Makes a virtual host and gives the test user all rights in it.</summary>
    /// <returns>The URI to connect to it.</returns>
    public async Task<string> CreateVirtualHostAsync(string name, CancellationToken cancellationToken = default) =>
        (await CreateVirtualHostsAsync([name], cancellationToken))[0];

    /// <summary>Makes several in the time of one: it is rabbitmqctl that takes a second, not the broker.</summary>
    /// <returns>The URIs to connect to them.</returns>
    public async Task<IReadOnlyList<string>> CreateVirtualHostsAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken = default)
    {
        var hosts = string.Join(", ", names.Select(name => $"<<\"{name}\">>"));
        await ControlAsync(
            ["eval", $$"""[begin ok = rabbit_vhost:add(Name, <<"{{User}}">>), ok = rabbit_auth_backend_internal:set_permissions(<<"{{User}}">>, Name, <<".*">>, <<".*">>, <<".*">>, <<"{{User}}">>) end || Name <- [{{hosts}}]]."""],
            cancellationToken);
        return [.. names.Select(name => UriOf(Own, name))];
    }

    /// <summary>The same virtual host over TLS.</summary>
    /// <param name="uri">One of its URIs.</param>
    /// <param name="host">The name of this machine to connect to.</param>
    public string OverTls(string uri, string host = "localhost") =>
        new UriBuilder(uri) { Scheme = "amqps", Host = host, Port = _tlsPort > 0 ? _tlsPort : throw new InvalidOperationException("It was started without TLS.") }.Uri.AbsoluteUri;

    /// <summary>Shows another certificate, for the same key, to whoever connects from now on, and ends all connections.</summary>
    public async Task ShowAsync(ServerCertificate certificate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        await ControlAsync(
            ["eval", $$"""{ok, Tls} = application:get_env(rabbit, ssl_options), ok = file:write_file(proplists:get_value(certfile, Tls), <<"{{certificate.Certificate}}">>), ssl:clear_pem_cache()."""],
            cancellationToken);
        await ControlAsync(["close_all_connections", "--global", "another certificate"], cancellationToken);
    }

    /// <summary>Runs <c>rabbitmqctl</c> on this broker.</summary>
    /// <returns>What it wrote.</returns>
    public Task<string> ControlAsync(IEnumerable<string> arguments, CancellationToken cancellationToken = default) =>
        Own.RunAsync("rabbitmqctl", arguments, cancellationToken);

    /// <summary>Stops it in good order; port and data stay.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => Own.StopAsync(cancellationToken);

    /// <summary>Kills it (SIGKILL); port and data stay.</summary>
    public async Task KillAsync(CancellationToken cancellationToken = default)
    {
        // The broker writes its list of quorum queues every few seconds only. One declared since would come back without a
        // leader and refuse every message (3.10 and 4.0 alike), which no test about a broker that ran for a while is after.
        await ControlAsync(["eval", "[dets:sync(Table) || Table <- dets:all()]."], cancellationToken);
        await Own.KillAsync(cancellationToken);
    }

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>, and waits until it answers.</summary>
    public Task StartAgainAsync(CancellationToken cancellationToken = default) =>
        ServerChoice.StartAsync(Own, ProbeAsync, cancellationToken);

    /// <summary>Ends what was started here.</summary>
    public ValueTask DisposeAsync() => _host?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string UriOf(ServerHost host, string virtualHost) =>
        $"amqp://{User}:{Password}@{host.Address}/{System.Uri.EscapeDataString(virtualHost)}";

    private static ContainerHost Container(TlsListener? tls) => new(port =>
    {
        var builder = new RabbitMqBuilder(Image)
            .WithUsername(User)
            .WithPassword(Password)
            .WithEnvironment("RABBITMQ_DEFAULT_VHOST", VirtualHost)
            .WithPortBinding(port, RabbitMqBuilder.RabbitMqPort)
            .WithLogger(NullLogger.Instance);
        if (tls is not null)
            builder = builder
                .WithPortBinding(tls.Port, tls.Port)
                .WithResourceMapping(Encoding.UTF8.GetBytes(tls.RabbitMqSettings("0.0.0.0", "/etc/rabbitmq/tls")), "/etc/rabbitmq/conf.d/90-tls.conf")
                .WithResourceMapping(Encoding.UTF8.GetBytes(tls.Certificate.Certificate), $"/etc/rabbitmq/tls/{TlsListener.CertificateFile}", fileMode: TlsListener.AnybodyMayWrite)
                .WithResourceMapping(Encoding.UTF8.GetBytes(tls.Certificate.Key), $"/etc/rabbitmq/tls/{TlsListener.KeyFile}");
        return builder.Build();
    });

    private static Task ProbeAsync(ServerHost host, CancellationToken cancellationToken) =>
        ProbeAsync(UriOf(host, VirtualHost), cancellationToken);

    private static async Task ProbeAsync(string uri, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory { Uri = new Uri(uri), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync(cancellationToken);
    }
}
