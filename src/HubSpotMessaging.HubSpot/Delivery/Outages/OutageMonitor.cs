using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Outages;

/// <summary>What the answers tell of HubSpot itself: whether it is down, or does nothing for the account for a while.</summary>
internal interface IOutages
{
    /// <summary>Takes an answer into account.</summary>
    Task NoteAsync(CallKind kind, Sign sign);

    /// <summary>
    /// Pauses the line, for everything or, when HubSpot is down, for the commands that need a kind of call; and waits until this replica has
    /// noticed: what is given back before would come again at once.
    /// </summary>
    Task PauseAsync(CallKind kind, string reason, HubSpotProblem problem, CancellationToken cancellationToken);

    /// <summary>Whether HubSpot does a kind of call at all.</summary>
    Task<bool> IsAliveAsync(CallKind kind, Permit permit);
}

/// <inheritdoc/>
internal sealed partial class OutageMonitor(
    Circuit circuit, HubSpotProbe probe, LinePause pause, TimeProvider time, ILogger<OutageMonitor> logger)
    : IOutages
{
    public async Task NoteAsync(CallKind kind, Sign sign)
    {
        try
        {
            if (sign == Sign.Up)
                circuit.Close(kind);
            else if (sign == Sign.Down && await circuit.FailAsync(kind))
                LogDown(kind);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            // Without Redis the line pauses for that. The answer counts all the same.
        }
    }

    public async Task PauseAsync(CallKind kind, string reason, HubSpotProblem problem, CancellationToken cancellationToken)
    {
        foreach (var each in OutageReasons.Of(kind, reason, problem, time.GetUtcNow()))
            await pause.PauseAsync(each, grant: null, cancellationToken);
    }

    public async Task<bool> IsAliveAsync(CallKind kind, Permit permit)
    {
        var (answer, problem) = await probe.AskAsync(kind, permit);
        var isOwnError = answer == AnswerKind.Unavailable; // Which is not about what was sent, for nothing was.
        await NoteAsync(kind, isOwnError ? Sign.Down : DeliveryPolicy.RuleFor(answer, problem).Sign);
        return IsAlive(answer, problem);
    }

    internal static bool IsAlive(AnswerKind answer, HubSpotProblem? problem) =>
        DeliveryPolicy.RuleFor(answer, problem) is { Sign: Sign.Up, Reaction: Reaction.Judge or Reaction.Postpone };

    [LoggerMessage(LogLevel.Error, "HubSpot does not do {Kind}: commands that need it wait until it does")]
    private partial void LogDown(CallKind kind);
}
