using HubSpotMessaging.Benchmarks.Baselines;
using HubSpotMessaging.Benchmarks.Measures;
using HubSpotMessaging.Benchmarks.Reporting;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>More commands wait than the quota lets through.</summary>
internal sealed class QuotaScenario : IScenario
{
    /// <summary>What 110 calls in ten seconds could carry in a second.</summary>
    private const int MostContacts = 1_100;

    private const int Usual = 50;

    public string Name => "quota";

    public string About => "how much of 110 calls in 10 s is used while commands wait";

    public async Task RunAsync(BenchmarkRun run)
    {
        var floor = await MeasureAsync(run, Usual, "floor", waiting: MostContacts, stage => stage.StartBaselineAsync(Baseline.Floor));
        var naive = await MeasureAsync(run, Usual, "naive", waiting: MostContacts / 20, stage => stage.StartBaselineAsync(Baseline.Naive));
        Add(run, Usual, floor, null, null);
        Add(run, Usual, naive, floor, null);

        int[] latencies = run.Choose<int[]>([50, 300, 1000], [50]);
        int[] replicas = run.Choose<int[]>([1, 2, 4], [1]);
        foreach (var latency in latencies)
            foreach (var count in replicas)
            {
                var service = await MeasureAsync(run, latency, $"service x{count}", MostContacts, stage => stage.StartServiceAsync(count));
                Add(run, latency, service, latency == Usual ? floor : null, latency == Usual ? naive : null);
            }
    }

    private static Task<Result?> MeasureAsync(BenchmarkRun run, int latency, string name, int waiting, Func<Stage, Task<Subject>> startAsync)
    {
        // The first window is not like the others, and the first calls are slow.
        var warmUp = TimeSpan.FromSeconds(run.Choose(12, 11));
        var measured = run.Choose(3, 1) * StageSettings.Window; // Whole windows, since some spend a window in one burst.
        var backlog = (int)((warmUp + measured + TimeSpan.FromSeconds(30)).TotalSeconds * waiting);
        return run.PhaseAsync($"{latency} ms, {name}", new() { Latency = latency, Commands = backlog }, async stage =>
        {
            var subject = await startAsync(stage);
            await stage.Publisher.BacklogAsync(backlog);
            await run.WaitAsync(warmUp);

            var (from, before) = (TimeProvider.System.GetUtcNow(), await stage.HubSpot.CountContactsAsync());
            await run.WaitAsync(measured);
            var (to, after) = (TimeProvider.System.GetUtcNow(), await stage.HubSpot.CountContactsAsync());
            if (stage.Commands.Pending == 0)
                throw new InvalidOperationException("No command was waiting any more at the end.");

            var calls = await stage.HubSpot.UpsertsAsync();
            return new Result(
                subject.Name,
                QuotaUse.Of(calls, stage.Settings.RateLimit, from, to),
                calls.Count(call => call.IsRateLimited),
                (after - before) / (to - from).TotalSeconds);
        });
    }

    private void Add(BenchmarkRun run, int latency, Result? result, Result? floor, Result? naive)
    {
        if (result is null)
            return;
        var isService = result.Subject.StartsWith("service", StringComparison.Ordinal);
        var row = new Row { Scenario = Name, Case = $"110 in 10 s, {latency} ms", Subject = result.Subject, Metric = "", Unit = "" };
        run.Report.Add(row with
        {
            Metric = "quota used",
            Unit = "%",
            Value = 100 * result.Use.Mean,
            Baseline = 100 * floor?.Use.Mean,
            BaselineName = Baseline.Floor,
            Goal = !isService ? null : latency switch { <= 50 => Target.Least(98), <= 300 => Target.Least(96), _ => null },
        });
        run.Report.Add(row with { Metric = "quota used, worst window", Unit = "%", Value = 100 * result.Use.Worst });
        run.Report.Add(row with { Metric = "429 answers", Value = result.RateLimited, Goal = isService ? Target.Most(0) : null });
        var contacts = row with { Metric = "contacts", Unit = "/s", Value = result.ContactsPerSecond };
        run.Report.Add(contacts with
        {
            Baseline = floor?.ContactsPerSecond,
            BaselineName = Baseline.Floor,
            Goal = isService && latency <= 50 ? Target.Least(1_050) : null,
        });
        if (naive is not null)
            run.Report.Add(contacts with { Baseline = naive.ContactsPerSecond, BaselineName = Baseline.Naive });
    }

    private sealed record Result(string Subject, QuotaUse Use, int RateLimited, double ContactsPerSecond);
}
