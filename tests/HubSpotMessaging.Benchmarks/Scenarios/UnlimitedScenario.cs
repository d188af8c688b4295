using HubSpotMessaging.Benchmarks.Baselines;
using HubSpotMessaging.Benchmarks.Load;
using HubSpotMessaging.Benchmarks.Reporting;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>Nothing but the machine sets a limit.</summary>
internal sealed class UnlimitedScenario : IScenario
{
    private const int Commands = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public string Name => "unlimited";

    public string About => $"{Commands} commands without a limit: speed, processor time, memory";

    public async Task RunAsync(BenchmarkRun run)
    {
        var floor = await MeasureAsync(run, "floor", stage => stage.StartBaselineAsync(Baseline.Floor));
        Add(run, floor, null);
        if (!run.IsQuick)
            Add(run, await MeasureAsync(run, "naive", stage => stage.StartBaselineAsync(Baseline.Naive)), floor);
        Add(run, await MeasureAsync(run, "service", stage => stage.StartServiceAsync(1)), floor);
    }

    private static Task<Result?> MeasureAsync(BenchmarkRun run, string name, Func<Stage, Task<Subject>> startAsync)
    {
        const int warmUp = 100_000; // Until what is compiled in the background is.
        var rounds = run.Choose(5, 1);
        var settings = new StageSettings { RateLimit = StageSettings.Unlimited, Commands = warmUp + (rounds * Commands) };
        return run.PhaseAsync(name, settings, async stage =>
        {
            var subject = await startAsync(stage);
            await WaitAsync(stage, await stage.Publisher.BacklogAsync(warmUp), run);
            var figures = new List<(double Rate, double Cpu)>();
            for (var round = 0; round < rounds; round++)
            {
                // All of them wait before the first is taken, so that the publisher's own speed is not what is measured.
                subject.Freeze();
                var range = await stage.Publisher.BacklogAsync(Commands);
                var before = subject.Measure();
                var started = TimeProvider.System.GetTimestamp();
                subject.Thaw();
                await WaitAsync(stage, range, run);
                figures.Add((Commands / stage.Commands.DurationOf(range, started).TotalSeconds, (subject.Measure().Cpu - before.Cpu).TotalSeconds));
            }

            return new Result(
                subject.Name,
                Median(figures.Select(figure => figure.Rate)),
                Median(figures.Select(figure => figure.Cpu)),
                subject.Measure().PeakMemory / (double)(1 << 20));
        });
    }

    private static async Task WaitAsync(Stage stage, CommandRange range, BenchmarkRun run)
    {
        if (await stage.Commands.WaitAsync(range, Patience, run.Stop) is var missing and > 0)
            throw new TimeoutException($"{missing} of {range.Count} commands have no outcome after {Patience}.");
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private void Add(BenchmarkRun run, Result? result, Result? floor)
    {
        if (result is null)
            return;
        var row = new Row { Scenario = Name, Case = "10,000 commands", Subject = result.Subject, Metric = "", Unit = "", BaselineName = Baseline.Floor };
        run.Report.Add(row with
        {
            Metric = "contacts",
            Unit = "/s",
            Value = result.ContactsPerSecond,
            Baseline = floor?.ContactsPerSecond,
            Goal = result.Subject == "service" ? Target.LeastRatio(0.6) : null,
        });
        run.Report.Add(row with { Metric = "processor time", Unit = "s", Value = result.CpuSeconds, Baseline = floor?.CpuSeconds });
        run.Report.Add(row with { Metric = "peak memory", Unit = "MB", Value = result.PeakMegabytes, Baseline = floor?.PeakMegabytes });
    }

    private sealed record Result(string Subject, double ContactsPerSecond, double CpuSeconds, double PeakMegabytes);
}
