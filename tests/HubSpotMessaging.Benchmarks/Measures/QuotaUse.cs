using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Measures;

/// <summary>How much of the quota was used, in the rolling windows that lie wholly in the time that was measured.</summary>
/// <param name="Mean">Of all windows, as a part of the limit.</param>
/// <param name="Worst">Of the window with the fewest calls.</param>
internal sealed record QuotaUse(double Mean, double Worst)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    public static QuotaUse Of(IEnumerable<Call> calls, int limit, DateTimeOffset from, DateTimeOffset to)
    {
        var accepted = calls.Where(call => !call.IsRateLimited).Select(call => call.At).Order().ToArray();
        var shares = new List<double>();
        for (var start = from; start + StageSettings.Window <= to; start += Step)
            shares.Add((double)(Before(start + StageSettings.Window) - Before(start)) / limit);
        return shares.Count == 0 ? new(double.NaN, double.NaN) : new(shares.Average(), shares.Min());

        int Before(DateTimeOffset moment)
        {
            var found = Array.BinarySearch(accepted, moment);
            if (found < 0)
                return ~found;
            while (found > 0 && accepted[found - 1] == moment)
                found--;
            return found;
        }
    }
}
