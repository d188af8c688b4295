using System.Numerics;
using HubSpotMessaging.Benchmarks.Load;
using HubSpotMessaging.Benchmarks.Measures;
using HubSpotMessaging.Benchmarks.Reporting;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>HubSpot refuses a whole batch for a few bad records, and does not say which.</summary>
internal sealed class IsolationScenario : IScenario
{
    private const int Batch = 100;
    private const string Good = "Lovelace";
    private const string Bad = "BAD!";

    /// <summary>As many as may be before it counts as failed that the hundred come as one batch.</summary>
    private const int Attempts = 3;

    private const int WarmUp = 20;

    /// <summary>Above what the warm-up has used already: nobody shall be answered 429.</summary>
    private const int SmallLimit = 2 * WarmUp;

    private static readonly TimeSpan PlugIsHeld = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Name => "isolation";

    public string About => "calls to find the bad ones in a batch that HubSpot refuses as a whole";

    public async Task RunAsync(BenchmarkRun run)
    {
        foreach (var bad in run.Choose<int[]>([1, 2, 5, 20, 100], [1, 5]))
        {
            Result? result = null;
            for (var attempt = 1; attempt <= Attempts && result is not { FirstBatch: Batch }; attempt++)
                result = await run.PhaseAsync($"{bad} of 100 bad, attempt {attempt}", new() { RateLimit = StageSettings.Unlimited }, stage => MeasureAsync(run, stage, bad)) ?? result;
            Add(run, bad, result);
        }
    }

    /// <summary>
    /// A batch of exactly a hundred forms when there is no call left: single commands use up a small quota until one has to wait; that
    /// one and 99 more make the batch. Then the quota is large again, which HubSpot tells with the next answer.
    /// </summary>
    private static async Task<Result> MeasureAsync(BenchmarkRun run, Stage stage, int bad)
    {
        var subject = await stage.StartServiceAsync(1);
        for (var sent = 0; sent < WarmUp; sent++)
            await PlugAsync(Good, Patience);
        await stage.HubSpot.SetAsync(new { rateLimit = SmallLimit });
        var (plugs, isHeld) = (0, false);
        while (plugs++ < SmallLimit && !isHeld)
            isHeld = !await PlugAsync(bad == Batch ? Bad : Good, PlugIsHeld);

        await stage.HubSpot.AddFaultAsync(new
        {
            kind = "status",
            status = 400,
            category = "VALIDATION_ERROR",
            match = new { path = "*/batch/upsert", bodyContains = Bad },
        });
        var hundred = new CommandRange(stage.Commands.Count - 1, stage.Commands.Count - 1 + Batch);
        var chosen = Enumerable.Range(hundred.Start + 1, Batch - 1).ToArray();
        new Random(bad).Shuffle(chosen); // The same ones in every run.
        var isBad = chosen.Take(bad).ToHashSet();
        await stage.Publisher.BacklogAsync(Batch - 1, lastName: index => isBad.Contains(index) ? Bad : Good);
        await stage.HubSpot.SetAsync(new { rateLimit = StageSettings.Unlimited });

        var missing = await stage.Commands.WaitAsync(hundred, Patience, run.Stop);
        var addresses = hundred.Indexes.Select(stage.Commands.EmailOf).ToHashSet(StringComparer.Ordinal);
        var calls = (from call in await stage.HubSpot.UpsertsAsync(bodies: true)
                     let emails = Latencies.EmailsIn(call).Where(addresses.Contains).ToList()
                     where emails.Count > 0 && !call.IsRateLimited
                     select (Emails: emails, IsWritten: call.Status is 200 or 201 or 207)).ToList();
        if (calls.Count == 0)
            throw new InvalidOperationException("HubSpot was called for none of the hundred.");
        var written = calls.Where(call => call.IsWritten).SelectMany(call => call.Emails).CountBy(email => email).ToList();
        return new(
            subject.Name,
            calls[0].Emails.Count,
            calls.Count,
            hundred.Indexes.Count(stage.Commands.IsRejected),
            written.Count(contact => contact.Value > 1),
            missing,
            stage.Outcomes.Pauses);

        async Task<bool> PlugAsync(string lastName, TimeSpan patience)
        {
            var (index, confirmed) = stage.Publisher.One(_ => lastName);
            await confirmed;
            return await stage.Commands.WaitAsync(new(index, index + 1), patience, run.Stop) == 0;
        }
    }

    /// <summary>What bisection needs when the bad ones lie as badly as they can.</summary>
    private static int Bound(int bad) =>
        Math.Min((2 * Batch) - 1, (2 * bad) - 1 + (2 * bad * BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Ceiling((double)Batch / bad)))));

    private void Add(BenchmarkRun run, int bad, Result? result)
    {
        if (result is null)
            return;
        var first = result.FirstBatch == Batch ? "" : $", in a first batch of {result.FirstBatch}";
        var paused = result.Pauses > 0 ? ", line paused" : "";
        var row = new Row { Scenario = Name, Case = $"{bad} of 100 bad{first}{paused}", Subject = result.Subject, Metric = "", Unit = "" };
        run.Report.Add(row with { Metric = "calls", Value = result.Calls, Goal = Target.Most(Bound(bad)) });
        run.Report.Add(row with { Metric = "rejected", Value = result.Rejected });
        run.Report.Add(row with { Metric = "contacts written twice", Value = result.WrittenTwice, Goal = Target.Most(0) });
        run.Report.Add(row with { Metric = "without outcome", Value = result.Missing });
    }

    private sealed record Result(string Subject, int FirstBatch, int Calls, int Rejected, int WrittenTwice, int Missing, int Pauses);
}
