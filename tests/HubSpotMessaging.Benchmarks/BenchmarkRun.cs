using System.Globalization;
using HubSpotMessaging.Benchmarks.Reporting;
using HubSpotMessaging.Benchmarks.Scenarios;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks;

/// <summary>One run: the servers, the scenarios one after the other, the report.</summary>
internal sealed class BenchmarkRun(TestBed bed, Report report, bool quick, CancellationToken stop)
{
    private static readonly long Started = TimeProvider.System.GetTimestamp();

    public Report Report => report;

    /// <summary>Whether phases are short and replicas few.</summary>
    public bool IsQuick => quick;

    public CancellationToken Stop => stop;

    /// <returns>0 when everything ran, whether or not the targets were met.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<IScenario> scenarios, bool quick, FileInfo? json, CancellationToken stop)
    {
        Say("Starting RabbitMQ, Redis and the emulator");
        await using var bed = await TestBed.StartAsync(stop);
        var report = new Report(bed.Machine with { IsQuick = quick });
        var run = new BenchmarkRun(bed, report, quick, stop);
        foreach (var scenario in scenarios)
        {
            if (stop.IsCancellationRequested)
                break;
            Say($"{scenario.Name}: {scenario.About}");
            await scenario.RunAsync(run);
        }

        report.Print();
        if (json is not null)
            await report.WriteAsync(json);
        return report.Failures.Count == 0 && !stop.IsCancellationRequested ? 0 : 1;
    }

    /// <summary>Progress goes to standard error, so that the report can be piped.</summary>
    public static void Say(string what) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{TimeProvider.System.GetElapsedTime(Started):mm\\:ss}] {what}"));

    public T Choose<T>(T full, T whenQuick) => quick ? whenQuick : full;

    public Task WaitAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System, stop);

    /// <summary>One measurement on a stage of its own. When it fails the report says so, and the run goes on.</summary>
    /// <returns>Nothing when it failed.</returns>
    public Task<T?> PhaseAsync<T>(string name, StageSettings settings, Func<Stage, Task<T>> measure)
        where T : class =>
        PhaseAsync(name, settings, 1, stages => measure(stages[0]));

    /// <summary>One measurement on several stages that are there at once.</summary>
    /// <returns>Nothing when it failed.</returns>
    public async Task<T?> PhaseAsync<T>(string name, StageSettings settings, int count, Func<IReadOnlyList<Stage>, Task<T>> measure)
        where T : class
    {
        if (stop.IsCancellationRequested)
            return null;
        Say($"  {name}");
        try
        {
            var stages = new List<Stage>();
            try
            {
                await bed.PrepareAsync(settings, count, stop);
                while (stages.Count < count)
                    stages.Add(await bed.OpenStageAsync(settings, stop));
                return await measure(stages);
            }
            catch
            {
                stages.ForEach(stage => Say(stage.LastLines()));
                throw;
            }
            finally
            {
                await Task.WhenAll(stages.Select(stage => stage.DisposeAsync().AsTask()));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception failure) // Whatever it is, the other measurements are worth having.
        {
            Say($"  {name} failed: {failure}");
            report.Failures.Add($"{name}: {failure.Message.Split('\n')[0]}");
            return null;
        }
    }
}
