using HubSpotMessaging.Benchmarks.Baselines;
using HubSpotMessaging.Benchmarks.Load;
using HubSpotMessaging.Benchmarks.Measures;
using HubSpotMessaging.Benchmarks.Reporting;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>One command at a time while nothing else happens: what the way itself costs.</summary>
internal sealed class LoneScenario : IScenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public string Name => "lone";

    public string About => "one command at a time in an idle system";

    public async Task RunAsync(BenchmarkRun run)
    {
        var floor = await MeasureAsync(run, "floor", stage => stage.StartBaselineAsync(Baseline.Floor));
        var naive = run.IsQuick ? null : await MeasureAsync(run, "naive", stage => stage.StartBaselineAsync(Baseline.Naive));
        var service = await MeasureAsync(run, "service", stage => stage.StartServiceAsync(1));
        Add(run, floor, null);
        Add(run, naive, floor);
        Add(run, service, floor);
    }

    private static Task<Result?> MeasureAsync(BenchmarkRun run, string name, Func<Stage, Task<Subject>> startAsync)
    {
        var (warmUp, count) = (run.Choose(30, 15), run.Choose(200, 50));
        return run.PhaseAsync(name, new(), async stage =>
        {
            var subject = await startAsync(stage);
            for (var sent = 0; sent < warmUp + count; sent++)
            {
                var (index, confirmed) = stage.Publisher.One();
                await confirmed;
                if (await stage.Commands.WaitAsync(new(index, index + 1), Patience, run.Stop) > 0)
                    throw new TimeoutException($"A lone command has no outcome after {Patience}.");

                // So few that the quota is never felt (50 in its window), and in step with nothing.
                await run.WaitAsync(TimeSpan.FromMilliseconds(Random.Shared.Next(200, 220)));
            }

            var range = new CommandRange(warmUp, warmUp + count);
            return new Result(
                subject.Name,
                Latencies.ToOutcome(stage.Commands, range),
                Latencies.ToArrival(stage.Commands, range, await stage.HubSpot.UpsertsAsync(bodies: true)));
        });
    }

    private void Add(BenchmarkRun run, Result? result, Result? floor)
    {
        if (result is null)
            return;
        var row = new Row { Scenario = Name, Case = "one at a time", Subject = result.Subject, Metric = "", Unit = "ms", BaselineName = Baseline.Floor };
        run.Report.Add(row with { Metric = "p50 to outcome", Value = result.Outcome.P50, Baseline = floor?.Outcome.P50 });
        run.Report.Add(row with { Metric = "p99 to outcome", Value = result.Outcome.P99, Baseline = floor?.Outcome.P99 });
        run.Report.Add(row with { Metric = "p50 to HubSpot", Value = result.Arrival.P50, Baseline = floor?.Arrival.P50 });
        run.Report.Add(row with { Metric = "p99 to HubSpot", Value = result.Arrival.P99, Baseline = floor?.Arrival.P99 });
        if (result.Subject != "service" || floor is null)
            return;
        run.Report.Add(row with { Metric = "p50 above the floor's", Value = result.Outcome.P50 - floor.Outcome.P50, Goal = Target.Most(5) });
        run.Report.Add(row with { Metric = "p99 above the floor's", Value = result.Outcome.P99 - floor.Outcome.P99, Goal = Target.Most(15) });
    }

    private sealed record Result(string Subject, Latencies Outcome, Latencies Arrival);
}
