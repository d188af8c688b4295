using System.CommandLine;
using System.Runtime.InteropServices;

namespace HubSpotMessaging.Sandbox;

/// <summary>The command line.</summary>
internal static class SandboxCommand
{
    /// <summary>The exit code when nothing was started because the arguments or the files are wrong.</summary>
    public const int WrongInput = 2;

    private static readonly Option<string[]> Files = new("--file")
    {
        Description = "Sends the commands of this file instead of the samples. Can be given several times.",
        HelpName = "commands.jsonl",
    };

    private static readonly Option<bool> Auto = new("--auto")
    {
        Description = "Connects by itself, instead of waiting for your click in the browser.",
    };

    private static readonly Option<bool> Once = new("--once")
    {
        Description = "Connects by itself, sends everything, compares with what HubSpot holds and ends: with 0 only if all is as declared. "
            + "The default where there is no terminal.",
    };

    private static readonly Option<bool> NoLimit = new("--no-limit")
    {
        Description = "Takes away HubSpot's limit of 110 requests in ten seconds.",
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var command = new RootCommand(
            "The whole road in one process: the service, an emulator in HubSpot's place, an embedded Redis and an in-memory bus. "
            + "All of it is gone at the end.") { Files, Auto, Once, NoLimit };

        // One place hears of Ctrl-C, from the first moment on; a second one ends the process as it would any other.
        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        command.SetAction((result, _) => SandboxRun.RunAsync(OptionsOf(result), stop.Token));

        var parsed = command.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("--help tells what there is.");
            return WrongInput;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    private static SandboxOptions OptionsOf(ParseResult result)
    {
        var (auto, once) = (result.GetValue(Auto), result.GetValue(Once));
        var nobodyIsThere = Console.IsOutputRedirected && !auto;
        return new()
        {
            Files = result.GetValue(Files) ?? [],
            Auto = auto || once || nobodyIsThere,
            Once = once || nobodyIsThere,
            NoLimit = result.GetValue(NoLimit),
        };
    }
}
