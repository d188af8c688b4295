using System.Globalization;
using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.Testing.Servers;

/// <summary>A Sentinel that alone decides about one Redis.</summary>
internal sealed class LocalSentinel(string program, string name, string redis) : LocalProcess
{
    private readonly string _port = FreePorts.Next().ToString(CultureInfo.InvariantCulture);

    public override string Address => $"127.0.0.1:{_port}";

    protected override ChildProcess Launch()
    {
        // It writes into this file what it learns.
        var file = Path.Combine(Directory, "sentinel.conf");
        if (!File.Exists(file))
            File.WriteAllText(file, $"""
                port {_port}
                bind 127.0.0.1
                dir {Directory}
                sentinel monitor {name} {redis.Replace(':', ' ')} 1
                sentinel down-after-milliseconds {name} 1000

                """);
        return ChildProcess.Start(program, [file, "--sentinel"], ChildProcess.EnvironmentWithout("REDIS"), Directory, Directory);
    }

    protected override ChildProcess LaunchBeside(string command, IEnumerable<string> arguments) => throw new NotSupportedException();

    protected override bool IsReady(string line) => line.Contains("+monitor", StringComparison.Ordinal);
}
