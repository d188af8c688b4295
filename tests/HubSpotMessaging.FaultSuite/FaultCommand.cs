using System.CommandLine;
using System.Runtime.InteropServices;

namespace HubSpotMessaging.FaultSuite;

/// <summary>The command line.</summary>
internal static class FaultCommand
{
    private static readonly Argument<string[]> Names = new("scenarios")
    {
        Description = $"Which to run, of: {string.Join(", ", Scenarios.All.Select(scenario => scenario.Name))}. Default all.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<int> Rate = new("--rate") { Description = "Commands a second. Default 60.", DefaultValueFactory = _ => 60 };

    private static readonly Option<TimeSpan?> Soak = new("--soak") { Description = "Instead: nothing but load, for so long (such as 00:10:00), with memory, handles and threads looked at." };

    private static readonly Option<FileInfo?> Json = new("--json") { Description = "Where to write the table as JSON." };

    public static async Task<int> RunAsync(string[] args)
    {
        var command = new RootCommand(
            "Three replicas of the service under load, on a real RabbitMQ and a real Redis, live through one fault after the other; after each, what became of "
            + "every command is compared with what HubSpot (the emulator) has. docs/faults.md tells what the columns mean.") { Names, Rate, Soak, Json };
        Names.AcceptOnlyFromAmong([.. Scenarios.All.Select(scenario => scenario.Name)]);

        // The processes that were started end with this one; Ctrl-C only has to let the table so far be printed.
        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        command.SetAction((result, _) =>
        {
            var report = new Report(result.GetValue(Json));
            return result.GetValue(Soak) is { } time
                ? FaultSuite.Soak.RunAsync(time, result.GetValue(Rate), report, stop.Token)
                : Scenarios.RunAsync(Chosen(result.GetValue(Names)), result.GetValue(Rate), report, stop.Token);
        });
        return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    private static IReadOnlyList<Scenario> Chosen(string[]? names) => names is { Length: > 0 } ? [.. Scenarios.All.Where(scenario => names.Contains(scenario.Name))] : Scenarios.All;
}
