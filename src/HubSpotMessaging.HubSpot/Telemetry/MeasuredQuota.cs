using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Telemetry;

/// <summary>The quota, with a measure of how long is waited for it.</summary>
internal sealed class MeasuredQuota(IQuota quota, HubSpotMetrics metrics, TimeProvider time) : IQuota
{
    public async Task<Permit> AcquireAsync(Demand demand, CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var permit = await quota.AcquireAsync(demand, cancellationToken);
        metrics.QuotaGranted(demand, time.GetElapsedTime(asked));
        return permit;
    }

    public Task ReturnAsync(Permit permit) => quota.ReturnAsync(permit);
}
