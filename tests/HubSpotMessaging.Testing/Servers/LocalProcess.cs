using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.Testing.Servers;

/// <summary>What every server has that runs as a process on this machine: a directory of its own and one main process.</summary>
internal abstract class LocalProcess : ServerHost
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);
    private static readonly string[] Elsewhere =
        ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/sbin", "/opt/homebrew/bin"];
    private ChildProcess? _process;

    public sealed override string Origin => "servers found on this machine";

    public bool HasExited => _process?.Exited.IsCompleted != false;

    protected string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("hubspot-messaging-").FullName;

    /// <summary>The full path of a program: from <paramref name="first"/>, PATH, or where servers usually are; null if nowhere.</summary>
    public static string? Find(string program, params string[] first) =>
        OperatingSystem.IsWindows()
            ? null
            : first.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)).Concat(Elsewhere)
                .Where(directory => directory.Length > 0)
                .Select(directory => Path.Combine(directory, program))
                .FirstOrDefault(File.Exists);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await EndAsync();
        _process = Launch();
        await _process.WaitForLineAsync(IsReady, StartTimeout, cancellationToken);
    }

    public override Task StopAsync(CancellationToken cancellationToken) =>
        _process?.StopAsync(StopTimeout, cancellationToken) ?? Task.CompletedTask;

    public override async Task KillAsync(CancellationToken cancellationToken)
    {
        _process?.Kill();
        await (_process?.Exited ?? Task.FromResult(0)).WaitAsync(cancellationToken);
    }

    public override Task<string> LogTailAsync() => Task.FromResult(_process?.Output.Tail(40) ?? "(not started)");

    public override async Task<string> RunAsync(string command, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        await using var process = LaunchBeside(command, arguments);
        var code = await process.Exited.WaitAsync(cancellationToken);
        return code == 0 ? process.Output.ToString() : throw new TestServerException($"{command} ended with {code}:\n{process.Output}");
    }

    public override async ValueTask DisposeAsync()
    {
        await EndAsync();
        if (System.IO.Directory.Exists(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
    }

    protected abstract ChildProcess Launch();

    protected abstract ChildProcess LaunchBeside(string command, IEnumerable<string> arguments);

    /// <summary>Whether this line of its log says that it takes connections.</summary>
    protected abstract bool IsReady(string line);

    private async Task EndAsync()
    {
        if (Interlocked.Exchange(ref _process, null) is { } process)
            await process.DisposeAsync();
    }
}
