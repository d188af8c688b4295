using System.Globalization;
using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.Testing.Servers;

internal sealed class LocalRedis(string program, IReadOnlyList<string> arguments, TlsListener? tls = null) : LocalProcess
{
    private readonly string _port = FreePorts.Next().ToString(CultureInfo.InvariantCulture);

    public override string Address => $"127.0.0.1:{_port}";

    protected override ChildProcess Launch()
    {
        tls?.WriteTo(Directory);
        return Start(program, ["--bind", "127.0.0.1", "--port", _port, "--dir", Directory, .. arguments, .. tls?.RedisArguments(Directory) ?? []], Directory);
    }

    protected override ChildProcess LaunchBeside(string command, IEnumerable<string> arguments) =>
        Start(Find(command, Path.GetDirectoryName(program)!) ?? throw new TestServerException($"There is no {command}."), arguments);

    protected override bool IsReady(string line) => line.Contains("Ready to accept connections", StringComparison.Ordinal);

    private ChildProcess Start(string file, IEnumerable<string> arguments, string? scratch = null) =>
        ChildProcess.Start(file, arguments, ChildProcess.EnvironmentWithout("REDIS"), Directory, scratch);
}
