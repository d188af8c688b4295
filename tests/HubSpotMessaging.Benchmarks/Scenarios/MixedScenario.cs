using HubSpotMessaging.Benchmarks.Load;
using HubSpotMessaging.Benchmarks.Measures;
using HubSpotMessaging.Benchmarks.Reporting;

namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>A backfill waits in the bulk queue, and what people do comes through all the same.</summary>
internal sealed class MixedScenario : IScenario
{
    private const int Rate = 50;
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(15);

    public string Name => "mixed";

    public string About => "50 single commands a second beside a large backfill";

    public async Task RunAsync(BenchmarkRun run)
    {
        foreach (var replicas in run.Choose<int[]>([1, 2], [1]))
            Add(run, await MeasureAsync(run, replicas));
    }

    private static Task<Result?> MeasureAsync(BenchmarkRun run, int replicas)
    {
        var (warmUp, measured) = (TimeSpan.FromSeconds(run.Choose(20, 12)), TimeSpan.FromSeconds(run.Choose(40, 15)));
        var bulk = run.Choose(200_000, 60_000);
        var trickle = (int)(Rate * (warmUp + measured).TotalSeconds) + 1;
        return run.PhaseAsync($"service x{replicas}", new() { Latency = 50, Commands = bulk + trickle }, async stage =>
        {
            var subject = await stage.StartServiceAsync(replicas);
            await stage.Publisher.BacklogAsync(bulk, Publisher.BulkExchange);

            var publishing = stage.Publisher.TrickleAsync(Rate, warmUp + measured);
            await run.WaitAsync(warmUp);
            var (from, before) = (TimeProvider.System.GetUtcNow(), await stage.HubSpot.CountContactsAsync());
            var range = (await publishing).Skip((int)(Rate * warmUp.TotalSeconds));
            var (to, after) = (TimeProvider.System.GetUtcNow(), await stage.HubSpot.CountContactsAsync());
            if (stage.Commands.Pending < bulk / 20)
                throw new InvalidOperationException("The backfill was over too soon.");

            var missing = await stage.Commands.WaitAsync(range, Drain, run.Stop);
            var calls = await stage.HubSpot.UpsertsAsync();
            return new Result(
                bulk,
                subject.Name,
                Latencies.ToOutcome(stage.Commands, range),
                missing,
                QuotaUse.Of(calls, stage.Settings.RateLimit, from, to),
                (after - before) / (to - from).TotalSeconds,
                calls.Count(call => call.IsRateLimited));
        });
    }

    private void Add(BenchmarkRun run, Result? result)
    {
        if (result is null)
            return;
        var row = new Row { Scenario = Name, Case = $"{Rate}/s beside {Report.Format(result.Bulk)}", Subject = result.Subject, Metric = "", Unit = "" };
        run.Report.Add(row with { Metric = "p50 to outcome", Unit = "ms", Value = result.Outcome.P50 });
        run.Report.Add(row with { Metric = "p99 to outcome", Unit = "ms", Value = result.Outcome.P99, Goal = Target.Most(500) });
        run.Report.Add(row with { Metric = $"without outcome {Drain.TotalSeconds:0} s after", Value = result.Missing, Goal = Target.Most(0) });
        run.Report.Add(row with { Metric = "quota used", Unit = "%", Value = 100 * result.Use.Mean, Goal = Target.Least(98) });
        run.Report.Add(row with { Metric = "contacts", Unit = "/s", Value = result.ContactsPerSecond });
        run.Report.Add(row with { Metric = "429 answers", Value = result.RateLimited, Goal = Target.Most(0) });
    }

    private sealed record Result(
        int Bulk, string Subject, Latencies Outcome, int Missing, QuotaUse Use, double ContactsPerSecond, int RateLimited);
}
