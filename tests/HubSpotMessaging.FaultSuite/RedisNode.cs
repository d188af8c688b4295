using System.Globalization;
using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.FaultSuite;

/// <summary>A redis-server of this machine, as compose runs it: every change is on the disk before it is answered.</summary>
internal sealed class RedisNode : IAsyncDisposable
{
    private readonly string _directory;
    private readonly string[] _arguments;
    private readonly Dictionary<string, string> _environment = ChildProcess.EnvironmentWithout("REDIS");
    private ChildProcess? _process;

    private RedisNode(string directory, string[] arguments) => (_directory, _arguments) = (directory, arguments);

    public int Port { get; } = FreePorts.Next();

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public bool HasExited => _process?.Exited.IsCompleted != false;

    public string Output => _process?.Output.ToString() ?? "";

    /// <param name="directory">Where it keeps its files.</param>
    /// <param name="arguments">More arguments.</param>
    public static async Task<RedisNode> StartAsync(string directory, string[]? arguments = null)
    {
        var node = new RedisNode(directory, arguments ?? []);
        await node.StartAgainAsync();
        return node;
    }

    /// <summary>A sentinel that watches over a master alone.</summary>
    public static async Task<RedisNode> StartSentinelAsync(string directory, RedisNode master)
    {
        var node = new RedisNode(directory, []);
        var file = Path.Combine(directory, "sentinel.conf");
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"""
            port {node.Port}
            bind 127.0.0.1
            dir {directory}
            sentinel monitor mymaster 127.0.0.1 {master.Port} 1
            sentinel down-after-milliseconds mymaster 1500
            sentinel failover-timeout mymaster 5000
            """));
        node._process = ChildProcess.Start("redis-server", [file, "--sentinel"], node._environment, directory);
        await node._process.WaitForLineAsync(line => line.Contains("+monitor master", StringComparison.Ordinal), TimeSpan.FromSeconds(20), CancellationToken.None);
        return node;
    }

    public async Task StartAgainAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _process = ChildProcess.Start(
            "redis-server",
            [
                "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", _directory, "--save", "", "--appendonly", "yes",
                "--appendfsync", "always", "--maxmemory-policy", "noeviction", .. _arguments,
            ],
            _environment,
            _directory);
        await _process.WaitForLineAsync(line => line.Contains("Ready to accept connections", StringComparison.Ordinal), TimeSpan.FromSeconds(20), CancellationToken.None);
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.Exited;
    }

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;
}
