using System.Text.RegularExpressions;
using HubSpotMessaging.Benchmarks.Load;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Measures;

/// <summary>Latencies in milliseconds, sorted.</summary>
internal sealed partial class Latencies
{
    private readonly double[] _sorted;

    private Latencies(IEnumerable<double> milliseconds) => _sorted = [.. milliseconds.Order()];

    public double P50 => At(0.50);

    public double P99 => At(0.99);

    /// <summary>From the publication to the outcome event, of each command. Those without one count with the time that they have waited.</summary>
    public static Latencies ToOutcome(Commands commands, CommandRange range) =>
        new(range.Indexes.Select(index => commands.LatencyOf(index).TotalMilliseconds));

    /// <summary>From the publication to the first accepted call with the contact at HubSpot, of those that arrived.</summary>
    public static Latencies ToArrival(Commands commands, CommandRange range, IReadOnlyList<Call> calls)
    {
        var arrivals = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var call in calls.Where(call => call.Status is 200 or 201 or 207))
            foreach (var email in EmailsIn(call))
                arrivals.TryAdd(email, call.At);
        return new(
            from index in range.Indexes
            where arrivals.ContainsKey(commands.EmailOf(index))
            select (arrivals[commands.EmailOf(index)] - commands.PublishedAt(index)).TotalMilliseconds);
    }

    /// <summary>The contacts of an upsert, each once.</summary>
    public static IReadOnlyCollection<string> EmailsIn(Call call) => [.. Email.Matches(call.Body).Select(match => match.Value).Distinct()];

    /// <summary>The smallest that is not exceeded by this part of all.</summary>
    private double At(double part) => _sorted.Length == 0 ? double.NaN : _sorted[(int)Math.Ceiling(part * _sorted.Length) - 1];

    [GeneratedRegex(@"c\d+@stage-\d+\.example\.com", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Email { get; }
}
