using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Outages;

/// <summary>
/// Ends the line's pauses that are HubSpot's: asks HubSpot now and then, one replica at a time, by one call that does nothing, and takes the
/// reason away as soon as it is answered.
/// </summary>
internal sealed partial class OutageWatch(
    DeliveryLine line, LineStore lines, HubSpotProbe probe, HubSpotCaller caller, IQuota quota, IConnectionMultiplexer redis, TimeProvider time, ILogger<OutageWatch> logger)
    : BackgroundService
{
    /// <summary>How long between two probes, at the least and at the most.</summary>
    private static readonly (TimeSpan Least, TimeSpan Most) Interval = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));

    /// <summary>Is over by the time at which the next probe is due, or nobody would make it.</summary>
    private static readonly TimeSpan Turn = Interval.Least / 2;

    private readonly Dictionary<string, (TimeSpan Interval, DateTimeOffset Due)> _plans = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var changed = line.Changed;
            var outages = line.Reasons.Where(reason => OutageReasons.ProbeOf(reason) is not null).GroupBy(reason => reason.Owner).ToList();
            foreach (var over in _plans.Keys.Except(outages.Select(outage => outage.Key)).ToList())
                _plans.Remove(over);
            foreach (var outage in outages)
                Plan(outage.Key, outage.Max(reason => reason.Until));

            foreach (var outage in outages.Where(outage => _plans[outage.Key].Due <= time.GetUtcNow()))
                await ProbeAsync([.. outage], stoppingToken);

            if (_plans.Count == 0)
                await changed.WaitAsync(stoppingToken);
            else
                await WaitAsync(_plans.Values.Min(plan => plan.Due) - time.GetUtcNow(), changed, stoppingToken);
        }
    }

    /// <summary>What another replica has learned since counts here, too: HubSpot is not asked before that.</summary>
    private void Plan(string owner, DateTimeOffset? until)
    {
        if (!_plans.TryGetValue(owner, out var plan))
            _plans[owner] = (Interval.Least, until ?? (time.GetUtcNow() + Interval.Least));
        else if (until > plan.Due)
            _plans[owner] = (plan.Interval, until.Value);
    }

    private async Task ProbeAsync(IReadOnlyList<PauseReason> reasons, CancellationToken cancellationToken)
    {
        var owner = reasons[0].Owner;
        var interval = _plans[owner].Interval;
        var next = time.GetUtcNow() + interval;
        try
        {
            if (await redis.GetDatabase().StringSetAsync($"hubspot:line:probing:{owner}", "1", Turn, When.NotExists))
            {
                var kind = OutageReasons.ProbeOf(reasons[0])!.Value;
                var (answer, problem) = await AskAsync(kind, cancellationToken);
                if (OutageMonitor.IsAlive(answer, problem))
                {
                    LogOver(owner, reasons[0].Reason);
                    foreach (var reason in reasons)
                        await lines.ResumeAsync(reason);
                }
                else
                {
                    LogLasts(owner, reasons[0].Reason, answer);
                    if (DeliveryPolicy.RuleFor(answer, problem).Reaction is Reaction.PauseLine)
                        next = OutageReasons.EndOf(problem!, time.GetUtcNow());
                    foreach (var reason in reasons)
                        await lines.ReplaceAsync(reason with { Until = next });
                }
            }
        }
#pragma warning disable CA1031 // Without Redis, or a token, nothing can be asked; and whatever else it is, the next probe must come.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotAsked(owner, exception.GetType().Name);
        }

        var doubled = interval * 2;
        _plans[owner] = (doubled < Interval.Most ? doubled : Interval.Most, next);
    }

    private async Task<(AnswerKind Kind, HubSpotProblem? Problem)> AskAsync(CallKind kind, CancellationToken cancellationToken)
    {
        var permit = await caller.AcquireAsync(new(kind, Lane.Interactive), cancellationToken);
        try
        {
            return await probe.AskAsync(kind, permit);
        }
        finally
        {
            await quota.ReturnAsync(permit); // Unless it was used: there may have been no token any more.
        }
    }

    private async Task WaitAsync(TimeSpan wait, Task changed, CancellationToken cancellationToken)
    {
        if (wait <= TimeSpan.Zero)
            return;
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(wait, time, done.Token), changed);
        await done.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    [LoggerMessage(LogLevel.Information, "{Owner}: {Reason} is over")]
    private partial void LogOver(string owner, string reason);

    [LoggerMessage(LogLevel.Warning, "{Owner}: HubSpot could not be asked whether it is over ({Exception})")]
    private partial void LogNotAsked(string owner, string exception);

    [LoggerMessage(LogLevel.Warning, "{Owner}: {Reason} lasts ({Answer})")]
    private partial void LogLasts(string owner, string reason, AnswerKind answer);
}
