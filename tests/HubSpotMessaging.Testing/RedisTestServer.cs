using System.Globalization;
using System.Text;
using HubSpotMessaging.Testing.Processes;
using HubSpotMessaging.Testing.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Testcontainers.Redis;

namespace HubSpotMessaging.Testing;

/// <summary>A real Redis for tests.</summary>
public sealed class RedisTestServer : IAsyncDisposable
{
    private const string Image = "redis:8";
    private static readonly string[] Defaults = ["--save", "", "--appendonly", "no", "--databases", "256"];
    private readonly ServerHost? _host;
    private readonly int _tlsPort;

    private RedisTestServer(string configuration, ServerHost? host, int tlsPort = 0)
    {
        Configuration = configuration;
        _host = host;
        _tlsPort = tlsPort;
    }

    /// <summary>In StackExchange.Redis's own form: <c>host:port,...</c></summary>
    public string Configuration { get; }

    /// <summary><c>REDIS_URI</c>, <c>Docker through Testcontainers</c> or <c>servers found on this machine</c>.</summary>
    public string Origin => _host?.Origin ?? "REDIS_URI";

    /// <summary>Whether it was started here, so that it can be stopped, killed and started again. False with <c>REDIS_URI</c>.</summary>
    public bool IsOwn => _host is not null;

    private ServerHost Own => _host ?? throw new InvalidOperationException("The Redis of REDIS_URI is not ours to control.");

    /// <summary>The Redis of <c>REDIS_URI</c>, else one in Docker, else one started on this machine.</summary>
    /// <exception cref="TestServerException">None can be had, or it does not start.</exception>
    public static async Task<RedisTestServer> StartAsync(CancellationToken cancellationToken = default)
    {
        if (ServerChoice.Given("REDIS_URI") is not { } uri)
            return await StartOwnAsync([], cancellationToken);
        var configuration = Parse(uri);
        await ServerChoice.UntilItAnswersAsync("The Redis of REDIS_URI", token => ProbeAsync(configuration, token), cancellationToken);
        return new RedisTestServer(configuration, null);
    }

    /// <summary>A Redis of one's own, to configure, stop and kill. Nothing is kept on disk unless the arguments say so.</summary>
    /// <param name="arguments">Of redis-server, such as <c>--maxmemory-policy allkeys-lru</c>, each word by itself.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="TestServerException">None can be had, or it does not start.</exception>
    public static Task<RedisTestServer> StartOwnAsync(IEnumerable<string> arguments, CancellationToken cancellationToken = default) =>
        StartOwnAsync(arguments, null, cancellationToken);

    /// <summary>A Redis of one's own that listens with TLS besides.</summary>
    /// <param name="arguments">Of redis-server.</param>
    /// <param name="certificate">What it shows; without one it does not.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="TestServerException">None can be had, or it does not start.</exception>
    public static async Task<RedisTestServer> StartOwnAsync(
        IEnumerable<string> arguments, ServerCertificate? certificate, CancellationToken cancellationToken = default)
    {
        string[] all = [.. Defaults, .. arguments];
        var tls = certificate is null ? null : new TlsListener(FreePorts.Next(), certificate);
        var host = await ServerChoice.StartOwnAsync("Redis", () => Container(all, tls), () => Local(all, tls), ProbeAsync, cancellationToken);
        return new RedisTestServer(host.Address, host, tls?.Port ?? 0);
    }

    /// <summary>Whether <see cref="StartSentinelAsync"/> can be called: servers of one's own are processes on this machine.</summary>
    public static Task<bool> CanStartSentinelsAsync() => ServerChoice.AreProcessesAsync();

    /// <summary>A Sentinel that watches a Redis of one's own.</summary>
    /// <param name="name">The name to ask it for.</param>
    /// <param name="redis">Which it finds by the same address as everybody.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="TestServerException">It cannot be had, or does not start.</exception>
    public static async Task<RedisTestServer> StartSentinelAsync(string name, RedisTestServer redis, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(redis);
        var program = LocalProcess.Find("redis-server") ?? throw new TestServerException("There is no redis-server.");
        var host = new LocalSentinel(program, name, redis.Own.Address);
        await host.StartAsync(cancellationToken);
        return new RedisTestServer(host.Address, host);
    }

    /// <summary>The configuration for TLS.</summary>
    /// <param name="host">The name of this machine to connect to.</param>
    public string OverTls(string host = "localhost") =>
        _tlsPort > 0 ? $"{host}:{_tlsPort.ToString(CultureInfo.InvariantCulture)},ssl=true" : throw new InvalidOperationException("It was started without TLS.");

    /// <summary>The configuration for another logical database (0 to 255, with <c>REDIS_URI</c> usually 0 to 15).</summary>
    /// <remarks>Logical databases share pub/sub channels and <c>FLUSHALL</c>.</remarks>
    public string WithDatabase(int database)
    {
        var options = ConfigurationOptions.Parse(Configuration);
        options.DefaultDatabase = database;
        return options.ToString(includePassword: true);
    }

    /// <summary>Stops it in good order; its port stays, and so does what its arguments keep on disk.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => Own.StopAsync(cancellationToken);

    /// <summary>Kills it (SIGKILL); its port stays, and so does what its arguments keep on disk.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default) => Own.KillAsync(cancellationToken);

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>, and waits until it answers.</summary>
    public Task StartAgainAsync(CancellationToken cancellationToken = default) =>
        ServerChoice.StartAsync(Own, ProbeAsync, cancellationToken);

    /// <summary>Ends what was started here.</summary>
    public ValueTask DisposeAsync() => _host?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static ContainerHost Container(string[] arguments, TlsListener? tls) => new(port =>
    {
        const string Folder = "/tls";
        var builder = new RedisBuilder(Image)
            .WithCommand(["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", .. arguments, .. tls?.RedisArguments(Folder) ?? []])
            .WithPortBinding(port, RedisBuilder.RedisPort)
            .WithLogger(NullLogger.Instance);
        if (tls is not null)
            builder = builder
                .WithPortBinding(tls.Port, tls.Port)
                .WithResourceMapping(Encoding.UTF8.GetBytes(tls.Certificate.Certificate), $"{Folder}/{TlsListener.CertificateFile}")
                .WithResourceMapping(Encoding.UTF8.GetBytes(tls.Certificate.Key), $"{Folder}/{TlsListener.KeyFile}");
        return builder.Build();
    });

    private static LocalRedis? Local(string[] arguments, TlsListener? tls) =>
        LocalProcess.Find("redis-server") is { } program ? new LocalRedis(program, arguments, tls) : null;

    private static string Parse(string uri)
    {
        if (!uri.Contains("://", StringComparison.Ordinal))
            return uri;
        var parsed = new Uri(uri);
        var options = new ConfigurationOptions { Ssl = parsed.Scheme == "rediss" };
        options.EndPoints.Add(parsed.Host, parsed.IsDefaultPort || parsed.Port < 0 ? 6379 : parsed.Port);
        if (parsed.UserInfo.Split(':', 2) is [var user, var password])
        {
            options.User = user.Length == 0 ? null : Uri.UnescapeDataString(user);
            options.Password = Uri.UnescapeDataString(password);
        }

        if (int.TryParse(parsed.AbsolutePath.TrimStart('/'), CultureInfo.InvariantCulture, out var database))
            options.DefaultDatabase = database;
        return options.ToString(includePassword: true);
    }

    private static Task ProbeAsync(ServerHost host, CancellationToken cancellationToken) =>
        ProbeAsync(host.Address, cancellationToken);

    private static async Task ProbeAsync(string configuration, CancellationToken cancellationToken)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = true;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
        await connection.GetDatabase().PingAsync().WaitAsync(cancellationToken);
    }
}
