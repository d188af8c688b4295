using System.CommandLine;
using System.Runtime.InteropServices;
using HubSpotMessaging.Benchmarks.Scenarios;

namespace HubSpotMessaging.Benchmarks;

/// <summary>The command line.</summary>
internal static class BenchmarkCommand
{
    private static readonly IScenario[] All =
    [
        new QuotaScenario(), new SharedScenario(), new UnlimitedScenario(), new LoneScenario(), new TrickleScenario(), new MixedScenario(),
        new IsolationScenario(),
    ];

    private static readonly Argument<string[]> Names = new("scenarios")
    {
        Description = $"Which to run, of: {string.Join(", ", All.Select(scenario => scenario.Name))}. Default all.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> Quick = new("--quick") { Description = "Shorter phases and fewer replicas: whether it works, not how well." };

    private static readonly Option<FileInfo?> Json = new("--json") { Description = "Where to write the figures as JSON." };

    public static async Task<int> RunAsync(string[] args)
    {
        var command = new RootCommand(
            "Measures the service and two baselines on a real RabbitMQ and a real Redis, against the emulator in a process of its own. "
            + "docs/benchmarks.md tells what the figures mean.") { Names, Quick, Json };
        Names.AcceptOnlyFromAmong([.. All.Select(scenario => scenario.Name)]);

        // The processes that were started end with this one; Ctrl-C only has to let the figures so far be printed.
        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        command.SetAction((result, _) => BenchmarkRun.RunAsync(
            [.. All.Where(scenario => result.GetValue(Names) is not { Length: > 0 } names || names.Contains(scenario.Name))],
            result.GetValue(Quick),
            result.GetValue(Json),
            stop.Token));
        return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }
}
