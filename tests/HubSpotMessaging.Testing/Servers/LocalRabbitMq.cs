using System.Globalization;
using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.Testing.Servers;

/// <summary>
/// A RabbitMQ node that shares nothing with one that may run on this machine already: own node name, cookie, data, plugins
/// and ports, and an own epmd (the Erlang node would start a shared one that stays behind).
/// </summary>
internal sealed class LocalRabbitMq : LocalProcess
{
    // Debian's /usr/sbin/rabbitmq-server changes to the user rabbitmq, and redirects the log: what it wraps is here.
    private const string Unwrapped = "/usr/lib/rabbitmq/bin";

    private readonly string _program;
    private readonly string _epmdProgram;
    private readonly string _port = Port();
    private readonly string _epmdPort = Port();
    private readonly Dictionary<string, string> _environment = ChildProcess.EnvironmentWithout("RABBITMQ_", "ERL_");
    private ChildProcess? _epmd;

    private LocalRabbitMq(string program, string epmd, string user, string password, string virtualHost, TlsListener? tls)
    {
        _program = program;
        _epmdProgram = epmd;
        _environment["HOME"] = Directory;
        _environment["LANG"] = "C.UTF-8";
        _environment["ERL_EPMD_PORT"] = _epmdPort;
        _environment["ERL_FLAGS"] = "-start_epmd false";
        _environment["RABBITMQ_NODENAME"] = $"tests-{_port}@localhost";
        _environment["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1";
        _environment["RABBITMQ_NODE_PORT"] = _port;
        _environment["RABBITMQ_DIST_PORT"] = Port();
        _environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}";
        _environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(Directory, "data");
        _environment["RABBITMQ_LOG_BASE"] = Path.Combine(Directory, "log");
        _environment["RABBITMQ_LOGS"] = "-";
        _environment["RABBITMQ_CONF_ENV_FILE"] = Write("rabbitmq-env.conf", "");
        _environment["RABBITMQ_ADVANCED_CONFIG_FILE"] = Write("advanced.config", "[].");
        _environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = Write("enabled_plugins", "[].");
        _environment["RABBITMQ_CONFIG_FILE"] = Write("rabbitmq.conf", $"""
            default_user = {user}
            default_pass = {password}
            default_vhost = {virtualHost}
            disk_free_limit.absolute = 1MB
            {tls?.RabbitMqSettings("127.0.0.1", Directory)}

            """);
        tls?.WriteTo(Directory);
        // Makes the start script become the Erlang node instead of waiting for it: signals reach the node itself.
        _environment["RUNNING_UNDER_SYSTEMD"] = "true";
    }

    public override string Address => $"127.0.0.1:{_port}";

    /// <summary>Null when RabbitMQ or Erlang's epmd is not installed.</summary>
    public static LocalRabbitMq? Create(string user, string password, string virtualHost, TlsListener? tls) =>
        Find("rabbitmq-server", Unwrapped) is { } program && Find("epmd") is { } epmd
            ? new LocalRabbitMq(program, epmd, user, password, virtualHost, tls)
            : null;

    public override async ValueTask DisposeAsync()
    {
        if (_epmd is not null)
            await _epmd.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override ChildProcess Launch()
    {
        _epmd ??= Start(_epmdProgram, ["-port", _epmdPort, "-address", "127.0.0.1"]);
        return Start(_program, [], Directory);
    }

    protected override ChildProcess LaunchBeside(string command, IEnumerable<string> arguments) =>
        Start(Path.Combine(Path.GetDirectoryName(_program)!, command), arguments);

    protected override bool IsReady(string line) => line.Contains("Server startup complete", StringComparison.Ordinal);

    private static string Port() => FreePorts.Next().ToString(CultureInfo.InvariantCulture);

    private ChildProcess Start(string file, IEnumerable<string> arguments, string? scratch = null) =>
        ChildProcess.Start(file, arguments, _environment, Directory, scratch);

    private string Write(string name, string text)
    {
        var path = Path.Combine(Directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
