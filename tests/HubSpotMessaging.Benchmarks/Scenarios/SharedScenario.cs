using HubSpotMessaging.Benchmarks.Baselines;
using HubSpotMessaging.Benchmarks.Measures;
using HubSpotMessaging.Benchmarks.Reporting;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>The quota turns out smaller than it was, and somebody else uses half of it.</summary>
internal sealed class SharedScenario : IScenario
{
    private const int LimitBefore = 190;
    private const int LimitAfter = 100;

    public string Name => "shared";

    public string About => "the limit drops from 190 to 100, and another process spends half of it with this app's tokens";

    public async Task RunAsync(BenchmarkRun run)
    {
        var floor = run.IsQuick ? null : await MeasureAsync(run, "floor", stage => stage.StartBaselineAsync(Baseline.Floor));
        Add(run, floor, null);
        foreach (var replicas in run.Choose<int[]>([1, 2], [2]))
            Add(run, await MeasureAsync(run, $"service x{replicas}", stage => stage.StartServiceAsync(replicas)), floor);
    }

    private static Task<Result?> MeasureAsync(BenchmarkRun run, string name, Func<Stage, Task<Subject>> startAsync)
    {
        var (before, after) = (TimeSpan.FromSeconds(run.Choose(20, 11)), TimeSpan.FromSeconds(run.Choose(50, 21)));
        var backlog = (int)(((before + TimeSpan.FromSeconds(15)).TotalSeconds * LimitBefore * 10) + (after.TotalSeconds * LimitAfter * 10));
        return run.PhaseAsync(name, new() { RateLimit = LimitBefore, Latency = 50, Commands = backlog }, async stage =>
        {
            var subject = await startAsync(stage);
            await stage.Publisher.BacklogAsync(backlog);
            await run.WaitAsync(before);

            using var enough = CancellationTokenSource.CreateLinkedTokenSource(run.Stop);
            await stage.HubSpot.SetAsync(new { rateLimit = LimitAfter });
            var change = TimeProvider.System.GetUtcNow();
            var stranger = Stranger.SpendAsync(stage, LimitAfter / 2, enough.Token);
            await run.WaitAsync(after);
            await enough.CancelAsync();
            await stranger;
            if (stage.Commands.Pending == 0)
                throw new InvalidOperationException("No command was waiting any more at the end.");

            var own = await stage.HubSpot.UpsertsAsync();
            var others = await stage.HubSpot.CallsAsync(Stranger.Calls);
            var refused = own.Where(call => call.IsRateLimited).Select(call => call.At).ToList();
            return new Result(
                subject.Name,
                (double)refused.Count / own.Count,
                (double)refused.Count(at => at > change) / own.Count(call => call.At > change),
                refused.Count == 0 ? TimeSpan.Zero : refused.Max() - change,
                QuotaUse.Of(own.Concat(others), LimitAfter, change + StageSettings.Window, change + after).Mean,
                others.Count(call => call.IsRateLimited));
        });
    }

    private void Add(BenchmarkRun run, Result? result, Result? floor)
    {
        if (result is null)
            return;
        var isService = result.Subject.StartsWith("service", StringComparison.Ordinal);
        var row = new Row { Scenario = Name, Case = "190 to 100, half taken", Subject = result.Subject, Metric = "", Unit = "%", BaselineName = Baseline.Floor };
        run.Report.Add(row with { Metric = "own calls answered 429", Value = 100 * result.Refused, Baseline = 100 * floor?.Refused, Goal = isService ? Target.Most(2) : null });
        run.Report.Add(row with { Metric = "the same since the change", Value = 100 * result.RefusedSince, Baseline = 100 * floor?.RefusedSince });
        run.Report.Add(row with
        {
            Metric = "last own 429 after the change",
            Unit = "s",
            Value = Math.Max(0, result.Settled.TotalSeconds),
            Baseline = floor?.Settled.TotalSeconds,
            Goal = isService ? Target.Most(StageSettings.Window.TotalSeconds) : null,
        });
        run.Report.Add(row with { Metric = "quota used by both, once settled", Value = 100 * result.Used, Baseline = 100 * floor?.Used });
        run.Report.Add(row with { Metric = "429 answers to the other", Unit = "", Value = result.OthersRefused, Baseline = floor?.OthersRefused });
    }

    private sealed record Result(string Subject, double Refused, double RefusedSince, TimeSpan Settled, double Used, int OthersRefused);
}
