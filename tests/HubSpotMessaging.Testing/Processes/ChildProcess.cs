using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace HubSpotMessaging.Testing.Processes;

/// <summary>
/// A process that writes into a bounded buffer, never into the pipes of the test runner, and that does not outlive it:
/// it is started through a shell that leaves a watcher behind and becomes the program itself (so the pid is the program's).
/// The watcher reads a pipe whose other end is here: a line says that all is well, its end that the test process is gone.
/// It ignores the signals that a terminal or <c>timeout</c> sends to the whole process group: a program may survive them.
/// A death signal of the kernel's would do as well but for .NET starting processes on threads that come and go.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    public const int Terminate = 15;

    private const string Guard = """
        scratch=$1; shift
        program=$$
        exec 3<&0
        {
          trap '' HUP INT TERM
          read -r line && exit
          kill -KILL $program
          if [ "$scratch" ]; then sleep 1; rm -rf "$scratch"; fi
        } <&3 3<&- >/dev/null 2>&1 &
        exec "$@" </dev/null 3<&-
        """;

    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(2);
    private readonly Process _process;
    private readonly Task _pumps;

    private ChildProcess(ProcessStartInfo start, int lines)
    {
        Output = new OutputBuffer(lines);
        _process = Process.Start(start) ?? throw new TestServerException($"{start.FileName} did not start.");
        Pid = _process.Id;
        _pumps = Task.WhenAll(PumpAsync(_process.StandardOutput), PumpAsync(_process.StandardError));
        Exited = ExitAsync();
    }

    public int Pid { get; }

    public OutputBuffer Output { get; }

    /// <summary>Completes with the exit code, once the last lines are in the buffer. It never fails.</summary>
    public Task<int> Exited { get; }

    // environment: all of it. scratch: a directory to delete when the test process dies without disposing of this one.
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string workingDirectory,
        string? scratch = null,
        int lines = 2_000)
    {
        string[] guard = OperatingSystem.IsWindows() ? [] : ["/bin/sh", "-c", Guard, "guard", scratch ?? ""];
        string[] command = [.. guard, program, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = workingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new ChildProcess(start, lines);
    }

    /// <summary>The environment of this process less the variables whose names begin with one of <paramref name="prefixes"/>.</summary>
    public static Dictionary<string, string> EnvironmentWithout(params string[] prefixes) =>
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Select(entry => (Name: (string)entry.Key, Value: (string?)entry.Value ?? ""))
            .Where(variable => !prefixes.Any(prefix => variable.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            .ToDictionary(variable => variable.Name, variable => variable.Value);

    /// <exception cref="TimeoutException">No such line came in time.</exception>
    /// <exception cref="TestServerException">The process ended before it wrote such a line.</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> predicate, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var line = Output.WaitForAsync(predicate, abandon.Token);
        try
        {
            await Task.WhenAny(line, Exited).WaitAsync(timeout, TimeProvider.System, cancellationToken);
            // A process that has ended has written all its lines: what is to be found is found without waiting.
            return line.IsCompleted || await Task.WhenAny(line, Task.Delay(LastLines, TimeProvider.System, abandon.Token)) == line
                ? await line
                : throw new TestServerException($"Process {Pid} ended with {await Exited} before the awaited line:\n{Output.Tail(40)}");
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Process {Pid} did not write the awaited line within {timeout}:\n{Output.Tail(40)}", e);
        }
        finally
        {
            await abandon.CancelAsync();
        }
    }

    public void Signal(int signal)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("Signals need Linux or macOS.");
        // Not reaped yet means that the pid is still its own.
        if (!_process.HasExited && Native.Kill(Pid, signal) != 0 && !_process.HasExited)
            throw new TestServerException($"Signal {signal} to process {Pid} failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    public async Task<int> StopAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        Signal(Terminate);
        try
        {
            return await Exited.WaitAsync(patience, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Process {Pid} did not end within {patience} of SIGTERM:\n{Output.Tail(40)}", e);
        }
    }

    /// <summary>Kills it, and whatever it started.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Exited;
        try
        {
            await _process.StandardInput.WriteLineAsync();
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // The watcher went with the process.
        }

        _process.Dispose();
    }

    private async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        var code = _process.ExitCode;
        // Something that it left behind may hold its pipes open.
        await Task.WhenAny(_pumps, Task.Delay(LastLines, TimeProvider.System));
        return code;
    }

    private async Task PumpAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
                Output.Add(line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed by DisposeAsync.
        }
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Kill(int pid, int signal);
    }
}
