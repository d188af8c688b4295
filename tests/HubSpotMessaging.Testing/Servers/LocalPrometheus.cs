using System.Globalization;
using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.Testing.Servers;

/// <summary>A Prometheus that scrapes every second.</summary>
internal sealed class LocalPrometheus(string configuration) : LocalProcess
{
    private readonly string _port = FreePorts.Next().ToString(CultureInfo.InvariantCulture);

    public override string Address => $"127.0.0.1:{_port}";

    /// <exception cref="TestServerException">It is not installed.</exception>
    public static string FindProgram(string name) =>
        Find(name) ?? throw new TestServerException($"There is no {name} on this machine: install Prometheus (on Debian the package prometheus).");

    protected override ChildProcess Launch()
    {
        var file = Path.Combine(Directory, "prometheus.yml");
        File.WriteAllText(file, configuration);
        return Start(
            FindProgram("prometheus"),
            [$"--config.file={file}", $"--storage.tsdb.path={Directory}/data", $"--web.listen-address={Address}"]);
    }

    protected override ChildProcess LaunchBeside(string command, IEnumerable<string> arguments) => Start(FindProgram(command), arguments);

    protected override bool IsReady(string line) => line.Contains("Server is ready to receive web requests", StringComparison.Ordinal);

    private ChildProcess Start(string file, IEnumerable<string> arguments) =>
        ChildProcess.Start(file, arguments, ChildProcess.EnvironmentWithout(), Directory, Directory);
}
