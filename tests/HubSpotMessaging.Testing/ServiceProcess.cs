using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.Testing;

/// <summary>
/// A built .NET program as a process of its own, to be stopped, frozen and killed. It ends with the test process at the latest.
/// </summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan DefaultStopTimeout = TimeSpan.FromMinutes(1);
    private readonly ChildProcess _process;

    private ServiceProcess(ChildProcess process) => _process = process;

    /// <summary>Its process id.</summary>
    public int Pid => _process.Pid;

    /// <summary>What it wrote to standard output and standard error (the last 20 000 lines).</summary>
    public string Output => _process.Output.ToString();

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.Exited.IsCompleted;

    /// <summary>
    /// Starts <c>dotnet assembly arguments...</c> in the directory of the assembly, with the environment of the test run less
    /// <c>ASPNETCORE_*</c> and <c>DOTNET_ENVIRONMENT</c>, changed by <paramref name="environment"/> (null removes a variable).
    /// </summary>
    public static ServiceProcess Start(
        string assembly,
        IEnumerable<string>? arguments = null,
        IEnumerable<KeyValuePair<string, string?>>? environment = null)
    {
        var variables = ChildProcess.EnvironmentWithout("ASPNETCORE_", "DOTNET_ENVIRONMENT");
        foreach (var (name, value) in environment ?? [])
        {
            variables.Remove(name);
            if (value is not null)
                variables[name] = value;
        }

        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
        return new ServiceProcess(ChildProcess.Start(
            dotnet, [assembly, .. arguments ?? []], variables, Path.GetDirectoryName(Path.GetFullPath(assembly))!, lines: 20_000));
    }

    /// <summary>
    /// The built assembly of a project under <c>src/</c>, of the configuration and framework that the running tests were built for.
    /// </summary>
    /// <exception cref="FileNotFoundException">It has not been built.</exception>
    public static string FindAssembly(string project)
    {
        // .../tests/<tests>/bin/<configuration>/<framework>/
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var output = Path.Combine("src", project, "bin", framework.Parent!.Name, framework.Name, $"{project}.dll");
        for (var root = framework; root is not null; root = root.Parent)
        {
            var assembly = Path.Combine(root.FullName, output);
            if (File.Exists(assembly))
                return assembly;
        }

        throw new FileNotFoundException($"{output} is not there: build {project} first.", output);
    }

    /// <summary>The first line of its output, past or future, that matches.</summary>
    /// <exception cref="TimeoutException">None came in time; the message has the end of the output.</exception>
    /// <exception cref="TestServerException">It ended without writing one; the message has the end of the output.</exception>
    public Task<string> WaitForLineAsync(
        Func<string, bool> predicate, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        _process.WaitForLineAsync(predicate, timeout, cancellationToken);

    /// <summary>Asks it to stop (SIGTERM) and waits until it has.</summary>
    /// <param name="timeout">Default one minute.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="TimeoutException">It did not end in time; it is still there.</exception>
    public Task<int> StopAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _process.StopAsync(timeout ?? DefaultStopTimeout, cancellationToken);

    /// <summary>Ends it at once (SIGKILL).</summary>
    public void Kill() => _process.Kill();

    /// <summary>Sends a signal by number; on Linux SIGSTOP is 19, SIGCONT 18. Nothing happens when it has ended.</summary>
    public void Signal(int signal) => _process.Signal(signal);

    /// <summary>Waits until it has ended by itself, or by a signal (then the code is 128 and the signal's number).</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> WaitForExitAsync(CancellationToken cancellationToken = default) => _process.Exited.WaitAsync(cancellationToken);

    /// <summary>Kills it if it is still there.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
