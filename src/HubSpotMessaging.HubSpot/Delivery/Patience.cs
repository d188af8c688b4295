using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Authorization;
using Microsoft.Extensions.Logging;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>
/// Repeats a call while its answer is about the road and not about what is carried: limits, locks, outages, a missing token. For a
/// while; then it is postponed.
/// </summary>
public sealed partial class Patience(IAccessTokens tokens, TimeProvider time, ILogger<Patience> logger)
{
    /// <summary>How long a call is held, all waits together, before it is postponed.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>How often something is sent whose answer tells nothing.</summary>
    public const int MaximumUnreadable = 3;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(15);

    /// <summary>Calls until the answer is about what is carried.</summary>
    /// <param name="call">The call. What has been sent is awaited to its end.</param>
    /// <param name="repeatable">Whether doing it twice is harmless; otherwise an uncertain answer is returned as it is.</param>
    /// <param name="cancellationToken">Cancels what has not been sent: the waits, also the one for an access token.</param>
    /// <exception cref="DeliveryPostponedException">The limit is reached, or a scope is missing, which no wait will bring.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public async Task<Answer<T>> SendAsync<T>(Func<Task<Answer<T>>> call, bool repeatable, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(call);
        var started = time.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var answer = await FindTokenAsync<T>(cancellationToken) ?? await call();
            if (WaitAfter(answer, attempt, repeatable) is not { } wait)
                return answer;
            if (answer.Kind == AnswerKind.MissingScopes)
                throw new DeliveryPostponedException(answer.Kind, answer.Problem!);

            var left = Limit - time.GetElapsedTime(started);
            if (answer.Problem!.Status is null && answer.Kind == AnswerKind.Unauthorized)
                LogWithoutToken(answer.Problem.Message, wait < left ? wait : left);
            else
                LogWaiting(answer.Kind, answer.Problem.Status, answer.Problem.CorrelationId, wait < left ? wait : left);
            await Task.Delay(wait < left ? wait : Max(left, TimeSpan.Zero), time, cancellationToken);

            if (wait >= left)
                throw new DeliveryPostponedException(answer.Kind, answer.Problem);
        }
    }

    /// <summary>Waits for a token before the call, where waiting can still be cancelled. An answer only when there is none.</summary>
    private async Task<Answer<T>?> FindTokenAsync<T>(CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            await tokens.GetAsync(cancellationToken);
            return null;
        }
        catch (AuthorizationUnavailableException exception)
        {
            return new(AnswerKind.Unauthorized, null, new HubSpotProblem { Message = exception.Message }, null);
        }
    }

    /// <summary>How long to wait before the next attempt; null when the answer is final.</summary>
    private static TimeSpan? WaitAfter<T>(Answer<T> answer, int attempt, bool repeatable)
        where T : class =>
        answer.Kind switch
        {
            // Nothing was done, and HubSpot says or documents for how long.
            AnswerKind.RateLimited => Max(answer.Problem!.RetryAfter ?? AfterLimit(answer.Problem.PolicyName), Backoff(attempt)),
            AnswerKind.Locked => Max(answer.Problem!.RetryAfter ?? TimeSpan.FromSeconds(2), Backoff(attempt)),
            AnswerKind.PortalMigrating => Max(answer.Problem!.RetryAfter ?? Limit, Backoff(attempt)),

            // Nothing was done, and it takes as long as it takes.
            AnswerKind.NotSent or AnswerKind.Unauthorized or AnswerKind.MissingScopes => Backoff(attempt),

            // It may have been done.
            AnswerKind.Unavailable or AnswerKind.NoAnswer when repeatable => Max(answer.Problem!.RetryAfter ?? TimeSpan.Zero, Backoff(attempt)),
            AnswerKind.Unreadable when repeatable && attempt + 1 < MaximumUnreadable => Backoff(attempt),

            _ => null,
        };

    private static TimeSpan AfterLimit(string? policy) => policy?.ToUpperInvariant() switch
    {
        "SECONDLY" => TimeSpan.FromSeconds(1),
        "DAILY" => Limit,
        _ => TimeSpan.FromSeconds(10),
    };

    private static TimeSpan Backoff(int attempt)
    {
        var backoff = FirstBackoff * Math.Pow(2, Math.Min(attempt, 10));
#pragma warning disable CA5394 // Spreads attempts; nothing secret depends on it.
        return (backoff < LongestBackoff ? backoff : LongestBackoff) * (0.75 + (Random.Shared.NextDouble() / 2));
#pragma warning restore CA5394
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    [LoggerMessage(LogLevel.Warning, "Nothing can be sent: {Why} Trying again in {Wait}")]
    private partial void LogWithoutToken(string why, TimeSpan wait);

    [LoggerMessage(LogLevel.Warning, "HubSpot: {Kind} (status {Status}, correlation id {CorrelationId}); trying again in {Wait}")]
    private partial void LogWaiting(AnswerKind kind, int? status, string? correlationId, TimeSpan wait);
}
