using System.Globalization;
using HubSpotMessaging.Benchmarks.Baselines;
using HubSpotMessaging.Benchmarks.Load;
using HubSpotMessaging.Benchmarks.Reporting;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>Nothing but the machine sets a limit.</summary>
internal sealed class UnlimitedScenario : IScenario
{
    private const int Commands = 10_000;
    private const string Service = "service";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public string Name => "unlimited";

    public string About => $"{Commands} commands without a limit: speed, processor time, memory";

    public async Task RunAsync(BenchmarkRun run)
    {
        string[] names = run.IsQuick ? [Baseline.Floor, Service] : [Baseline.Floor, Baseline.Naive, Service];
        const int warmUp = 100_000; // Until what is compiled in the background is.
        var rounds = run.Choose(7, 3);
        var settings = new StageSettings { RateLimit = StageSettings.Unlimited, Commands = warmUp + (rounds * Commands) };
        var results = await run.PhaseAsync(string.Join(", ", names), settings, names.Length, async stages =>
        {
            var contenders = new List<Contender>();
            foreach (var (name, stage) in names.Zip(stages))
            {
                var contender = new Contender(stage, name == Service ? await stage.StartServiceAsync(1) : await stage.StartBaselineAsync(name));
                await contender.DeliverAsync(await stage.Publisher.BacklogAsync(warmUp), run.Stop);
                contenders.Add(contender);
            }

            // In turns, so that whatever else the machine does meets all of them alike.
            for (var round = 0; round < rounds; round++)
                foreach (var contender in contenders)
                    await contender.RunAsync(run.Stop);
            return contenders.ConvertAll(contender => contender.Result);
        });
        foreach (var result in results ?? [])
            Add(run, result, result == results![0] ? null : results[0]);
    }

    private void Add(BenchmarkRun run, Result result, Result? floor)
    {
        var row = new Row { Scenario = Name, Case = "10,000 commands", Subject = result.Subject, Metric = "", Unit = "", BaselineName = Baseline.Floor };
        run.Report.Add(row with
        {
            Metric = "contacts",
            Unit = "/s",
            Value = result.ContactsPerSecond,
            Baseline = floor?.ContactsPerSecond,
            Goal = result.Subject == Service ? Target.LeastRatio(0.6) : null,
        });
        run.Report.Add(row with { Metric = "processor time", Unit = "s", Value = result.CpuSeconds, Baseline = floor?.CpuSeconds });
        run.Report.Add(row with { Metric = "peak memory", Unit = "MB", Value = result.PeakMegabytes, Baseline = floor?.PeakMegabytes });
    }

    private sealed record Result(string Subject, double ContactsPerSecond, double CpuSeconds, double PeakMegabytes);

    /// <summary>One that is measured, on a stage of its own.</summary>
    private sealed class Contender(Stage stage, Subject subject)
    {
        private readonly List<double> _rates = [];
        private readonly List<double> _cpu = [];

        /// <summary>Of what was run: medians, and the peak.</summary>
        public Result Result => new(subject.Name, Median(_rates), Median(_cpu), subject.Measure().PeakMemory / (double)(1 << 20));

        public async Task RunAsync(CancellationToken stop)
        {
            // All of them wait before the first is taken, so that the publisher's own speed is not what is measured.
            subject.Freeze();
            var range = await stage.Publisher.BacklogAsync(Commands);
            var before = subject.Measure();
            var started = TimeProvider.System.GetTimestamp();
            subject.Thaw();
            await DeliverAsync(range, stop);
            _rates.Add(Commands / stage.Commands.DurationOf(range, started).TotalSeconds);
            _cpu.Add((subject.Measure().Cpu - before.Cpu).TotalSeconds);
            BenchmarkRun.Say(string.Create(CultureInfo.InvariantCulture, $"    {subject.Name}: {_rates[^1]:0} /s, {_cpu[^1]:0.00} s"));
        }

        public async Task DeliverAsync(CommandRange range, CancellationToken stop)
        {
            if (await stage.Commands.WaitAsync(range, Patience, stop) is var missing and > 0)
                throw new TimeoutException($"{missing} of {range.Count} commands have no outcome after {Patience}.");
        }

        private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
    }
}
