using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Delivery.Outages;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Logging;

namespace HubSpotMessaging.HubSpot.Delivery.Calls;

/// <summary>
/// Calls HubSpot until the answer is about what is carried and not about the road, as <see cref="DeliveryPolicy"/> says. Each attempt
/// has a token and a permit.
/// </summary>
public sealed partial class HubSpotCaller
{
    /// <summary>How long something is held, all waits together, before it is postponed.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly IAccessTokens _tokens;
    private readonly IQuota _quota;
    private readonly IOutages _outages;
    private readonly TimeProvider _time;
    private readonly ILogger<HubSpotCaller> _logger;

    internal HubSpotCaller(IAccessTokens tokens, IQuota quota, IOutages outages, TimeProvider time, ILogger<HubSpotCaller> logger) =>
        (_tokens, _quota, _outages, _time, _logger) = (tokens, quota, outages, time, logger);

    /// <summary>Waits for a token, and then for a permit to send one request.</summary>
    /// <exception cref="DeliveryPostponedException">There was no token for too long.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public async Task<Permit> AcquireAsync(Demand demand, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await _tokens.GetAsync(cancellationToken);
            }
            catch (AuthorizationUnavailableException exception)
            {
                var wait = Within(Limit - _time.GetElapsedTime(started), DeliveryPolicy.WaitBefore(attempt, TimeSpan.Zero, null))
                    ?? throw new DeliveryPostponedException(AnswerKind.Unauthorized, new HubSpotProblem { Message = exception.Message });
                LogWithoutToken(exception.Message, wait);
                await Task.Delay(wait, _time, cancellationToken);
                continue;
            }

            return await _quota.AcquireAsync(demand, cancellationToken);
        }
    }

    /// <summary>Calls.</summary>
    /// <param name="demand">What a permit is wanted for.</param>
    /// <param name="tolerance">How often it may end without telling.</param>
    /// <param name="call">The call. What has been sent is awaited to its end.</param>
    /// <param name="cancellationToken">Cancels what has not been sent: the waits.</param>
    /// <param name="permit">For the first attempt, if there is one already.</param>
    /// <exception cref="DeliveryPostponedException">It took too long, or what is missing no wait will bring.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public async Task<Answer<T>> SendAsync<T>(
        Demand demand, Tolerance tolerance, Func<Permit, Task<Answer<T>>> call, CancellationToken cancellationToken, Permit? permit = null)
        where T : class
    {
        var started = _time.GetTimestamp();
        (PolicyRule? Rule, int Times) repeated = (null, 0);
        for (var attempt = 0; ; attempt++)
        {
            var answer = await SendOnceAsync(permit ?? await AcquireAsync(demand, cancellationToken), call, cancellationToken);
            permit = null;

            var rule = DeliveryPolicy.RuleFor(answer.Kind, answer.Problem);
            await _outages.NoteAsync(demand.Kind, SignOf(rule, answer, tolerance));
            repeated = (rule, rule == repeated.Rule ? repeated.Times + 1 : 1);
            if (answer.IsUncertain && !tolerance.IsRepeatable)
                return answer;
            if (repeated.Times >= rule.Limit(tolerance))
                return answer.Kind == AnswerKind.Unavailable && !tolerance.IsOfPart ? await JudgeableAsync(answer, demand, cancellationToken) : answer;

            switch (rule.Reaction)
            {
                case Reaction.Judge:
                    return answer;
                case Reaction.PauseLine pause:
                    LogPaused(pause.Reason, answer.Problem!.Status, answer.CorrelationId);
                    await _outages.PauseAsync(demand.Kind, pause.Reason, answer.Problem, cancellationToken);
                    throw new DeliveryPostponedException(answer.Kind, answer.Problem);
                case Reaction.Postpone:
                    throw new DeliveryPostponedException(answer.Kind, answer.Problem!);
                case Reaction.AgainAfter again:
                    var wait = Within(Limit - _time.GetElapsedTime(started), DeliveryPolicy.WaitBefore(attempt, again.AtLeast, answer.Problem))
                        ?? throw new DeliveryPostponedException(answer.Kind, answer.Problem!);
                    LogWaiting(answer.Kind, answer.Problem!.Status, answer.CorrelationId, wait);
                    await Task.Delay(wait, _time, cancellationToken);
                    break;
                case Reaction.Again:
                    if (_time.GetElapsedTime(started) > Limit)
                        throw new DeliveryPostponedException(answer.Kind, answer.Problem!);
                    LogAgain(answer.Kind, answer.Problem!.Status, answer.CorrelationId);
                    break;
            }
        }
    }

    /// <summary>HubSpot fails at one thing again and again: that is an answer if it does not fail at everything.</summary>
    private async Task<Answer<T>> JudgeableAsync<T>(Answer<T> answer, Demand demand, CancellationToken cancellationToken)
        where T : class
    {
        var permit = await AcquireAsync(demand, cancellationToken);
        try
        {
            return await _outages.IsAliveAsync(demand.Kind, permit) ? answer : throw new DeliveryPostponedException(answer.Kind, answer.Problem!);
        }
        finally
        {
            await _quota.ReturnAsync(permit);
        }
    }

    private async Task<Answer<T>> SendOnceAsync<T>(Permit permit, Func<Permit, Task<Answer<T>>> call, CancellationToken cancellationToken)
        where T : class
    {
        permit.Waiting = cancellationToken;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await call(permit);
        }
        finally
        {
            await _quota.ReturnAsync(permit); // Unless it was used: there may have been no token any more, for instance.
        }
    }

    /// <summary>HubSpot's own error at what is not sent again is not asked about any further; and an answer to a question proves nothing.</summary>
    private static Sign SignOf<T>(PolicyRule rule, Answer<T> answer, Tolerance tolerance)
        where T : class =>
        answer.Kind == AnswerKind.Unavailable && !tolerance.IsRepeatable ? Sign.Down
        : rule.Sign == Sign.Up && tolerance.IsQuestion ? Sign.None
        : rule.Sign;

    /// <summary>A wait, cut to what is left; null when nothing is.</summary>
    private static TimeSpan? Within(TimeSpan left, TimeSpan wait) => left <= TimeSpan.Zero ? null : wait < left ? wait : left;

    [LoggerMessage(LogLevel.Warning, "Nothing can be sent: {Why} Trying again in {Wait}")]
    private partial void LogWithoutToken(string why, TimeSpan wait);

    [LoggerMessage(LogLevel.Warning, "HubSpot: {Kind} (status {Status}, correlation id {CorrelationId}); trying again in {Wait}")]
    private partial void LogWaiting(AnswerKind kind, int? status, string? correlationId, TimeSpan wait);

    [LoggerMessage(LogLevel.Information, "HubSpot: {Kind} (status {Status}, correlation id {CorrelationId}); trying again as soon as the quota allows")]
    private partial void LogAgain(AnswerKind kind, int? status, string? correlationId);

    [LoggerMessage(LogLevel.Error, "HubSpot: {Reason} (status {Status}, correlation id {CorrelationId}); all commands wait")]
    private partial void LogPaused(string reason, int? status, string? correlationId);
}
