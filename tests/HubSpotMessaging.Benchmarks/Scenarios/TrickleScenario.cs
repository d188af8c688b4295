using HubSpotMessaging.Benchmarks.Baselines;
using HubSpotMessaging.Benchmarks.Measures;
using HubSpotMessaging.Benchmarks.Reporting;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>Single commands come steadily, more of them than there are calls.</summary>
internal sealed class TrickleScenario : IScenario
{
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(15);

    public string Name => "trickle";

    public string About => "50 and 300 single commands a second, with 110 calls in 10 s";

    public async Task RunAsync(BenchmarkRun run)
    {
        foreach (var rate in run.Choose<int[]>([50, 300], [50]))
        {
            var floor = await MeasureAsync(run, rate, "floor", stage => stage.StartBaselineAsync(Baseline.Floor));
            Add(run, rate, floor, null, null);
            if (rate == 50 && !run.IsQuick)
                Add(run, rate, await MeasureAsync(run, rate, "naive", stage => stage.StartBaselineAsync(Baseline.Naive)), floor, null);
            foreach (var replicas in run.Choose<int[]>([1, 2, 4], [1]))
            {
                var service = await MeasureAsync(run, rate, $"service x{replicas}", stage => stage.StartServiceAsync(replicas));
                Add(run, rate, service, floor, replicas switch { 1 => 200, 2 => 300, _ => 500 });
            }
        }
    }

    private static Task<Result?> MeasureAsync(BenchmarkRun run, int rate, string name, Func<Stage, Task<Subject>> startAsync)
    {
        var (warmUp, measured) = (TimeSpan.FromSeconds(run.Choose(12, 11)), TimeSpan.FromSeconds(run.Choose(30, 10)));
        var settings = new StageSettings { Latency = 50, Commands = (int)(rate * (warmUp + measured).TotalSeconds) + 1 };
        return run.PhaseAsync($"{rate}/s, {name}", settings, async stage =>
        {
            var subject = await startAsync(stage);
            var range = (await stage.Publisher.TrickleAsync(rate, warmUp + measured)).Skip((int)(rate * warmUp.TotalSeconds));
            var missing = await stage.Commands.WaitAsync(range, Drain, run.Stop);
            var calls = await stage.HubSpot.UpsertsAsync(bodies: true);
            return new Result(
                subject.Name,
                Latencies.ToOutcome(stage.Commands, range),
                Latencies.ToArrival(stage.Commands, range, calls),
                missing,
                calls.Count(call => call.IsRateLimited));
        });
    }

    private void Add(BenchmarkRun run, int rate, Result? result, Result? floor, double? most)
    {
        if (result is null)
            return;
        var row = new Row { Scenario = Name, Case = $"{rate}/s", Subject = result.Subject, Metric = "", Unit = "ms", BaselineName = Baseline.Floor };
        run.Report.Add(row with { Metric = "p50 to outcome", Value = result.Outcome.P50, Baseline = floor?.Outcome.P50 });
        run.Report.Add(row with
        {
            Metric = "p99 to outcome",
            Value = result.Outcome.P99,
            Baseline = floor?.Outcome.P99,
            Goal = most is { } bound ? Target.Most(bound) : null,
        });
        run.Report.Add(row with { Metric = "p99 to HubSpot", Value = result.Arrival.P99, Baseline = floor?.Arrival.P99 });
        run.Report.Add(row with { Metric = "429 answers", Unit = "", Value = result.RateLimited, Goal = most is null ? null : Target.Most(0) });
        run.Report.Add(row with { Metric = $"without outcome {Drain.TotalSeconds:0} s after", Unit = "", Value = result.Missing, Goal = most is null ? null : Target.Most(0) });
    }

    private sealed record Result(string Subject, Latencies Outcome, Latencies Arrival, int Missing, int RateLimited);
}
