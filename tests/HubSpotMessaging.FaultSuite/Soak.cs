using System.Globalization;

namespace HubSpotMessaging.FaultSuite;

/// <summary>Nothing but load, for long, with memory, handles and threads of the replicas looked at.</summary>
internal static class Soak
{
    /// <summary>What the first minutes fill (pools, caches, compiled code) is not growth: the second third is compared with the last.</summary>
    private const int Parts = 3;

    private const double MostGrowth = 1.10;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);

    /// <returns>0 when it is level and clean.</returns>
    public static Task<int> RunAsync(TimeSpan time, int rate, Report report, CancellationToken stop) => Scenarios.RunAsync(
        [new("soak", string.Create(CultureInfo.InvariantCulture, $"{rate} commands a second for {time:g}"), (ground, token) => WatchAsync(ground, time, token))], rate, report, stop);

    private static async Task WatchAsync(Ground ground, TimeSpan time, CancellationToken stop)
    {
        var samples = ground.All.Select(_ => new List<Sample>()).ToList();
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < time)
        {
            await Task.Delay(BetweenLooks, TimeProvider.System, stop);
            foreach (var (number, replica) in ground.All.Index())
                samples[number].Add(Sample.Of(replica.Pid));
        }

        foreach (var (number, replica) in samples.Index())
        {
            Judge(number, "MB of memory", sample => sample.Memory, 0);
            Judge(number, "handles", sample => sample.Handles, 10);
            Judge(number, "threads", sample => sample.Threads, 5); // The pool has some more or less from one minute to the next.

            void Judge(int index, string what, Func<Sample, long> of, long slack)
            {
                var third = replica.Count / Parts;
                var (before, after) = (Median(replica.Skip(third).Take(third).Select(of)), Median(replica.Skip(2 * third).Select(of)));
                Report.Say($"  replica {index + 1}: {of(replica[0])} {what} at first, {before} then, {after} at last");
                if (after > (before * MostGrowth) + slack)
                    ground.Wrong.Add($"replica {index + 1} grows from {before} to {after} {what}");
            }
        }
    }

    private static long Median(IEnumerable<long> values) => values.Order().ToList() is { Count: > 0 } all ? all[all.Count / 2] : 0;

    /// <param name="Memory">Resident, in megabytes.</param>
    /// <param name="Handles">Open files and sockets.</param>
    /// <param name="Threads">Threads.</param>
    private sealed record Sample(long Memory, long Handles, long Threads)
    {
        public static Sample Of(int pid)
        {
            var status = File.ReadAllLines($"/proc/{pid}/status").Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim());
            return new(
                long.Parse(status["VmRSS"].Split(' ')[0], CultureInfo.InvariantCulture) / 1024,
                Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length,
                long.Parse(status["Threads"], CultureInfo.InvariantCulture));
        }
    }
}
