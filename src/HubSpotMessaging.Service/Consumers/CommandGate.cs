using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Service.Telemetry;
using HubSpotMessaging.Service.Waiting;
using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>
/// Stands around every consumer: lets in only what is a command at all, and that only while the line is open; announces what is
/// rejected, here or by HubSpot, before it goes to the dead letters.
/// </summary>
internal sealed partial class CommandGate<T>(
    TokenKeeper tokens,
    DeliveryLine line,
    LinePause pause,
    RejectionTally tally,
    WaitingRoom room,
    Outcomes outcomes,
    IHostApplicationLifetime lifetime,
    AddressHash addresses,
    TimeProvider time,
    ILogger<CommandGate<T>> logger)
    : IFilter<ConsumeContext<T>>
    where T : class, IHubSpotCommand
{
    /// <summary>How far clocks may disagree.</summary>
    private static readonly TimeSpan FurthestFuture = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan NoticeMayTake = TimeSpan.FromSeconds(1);

    /// <summary>The longest body of a command, in bytes; RabbitMQ 4 takes no more than 16 MiB by itself.</summary>
    private const long MostBytes = 8 * 1024 * 1024;

    /// <summary>Nobody reads more, and a command of a thousand mistakes must not become an event of a thousand.</summary>
    private const int MostErrors = 20;

    public async Task Send(ConsumeContext<T> context, IPipe<ConsumeContext<T>> next)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, line.PausedFor(typeof(T).Name), lifetime.ApplicationStopping);
        if (waiting.IsCancellationRequested)
            throw Returned();

        EnsureReadable(context);
        var started = time.GetTimestamp();
        var grant = tokens.Grant; // With which it is sent, at the latest.
        var command = CommandIdentity.Of(context, time);
        context.GetOrAddPayload(() => command);
        context.Identify(command, EmailOf(context.Message), addresses);
        context.GetOrAddPayload(() => new WaitLimit(waiting.Token));

        var rejection = TooLarge(context.ReceiveContext.Body, command) ?? Examine(context.Message, command);
        if (rejection is not null)
        {
            tally.Succeed(command.CommandType); // What is wrong with it is its own.
        }
        else
        {
            try
            {
                await next.Send(new GatedContext<T>(context));
                tally.Succeed(command.CommandType);
                if (logger.IsEnabled(LogLevel.Debug))
                    LogDone(command.CommandType, addresses.In(command.Key), addresses.Of(EmailOf(context.Message)));
                return;
            }
            catch (DeliveryRefusedException refused)
            {
                rejection = Reject(command, refused);
            }
            catch (Exception exception) when (ReasonToWait(exception) is { } reason)
            {
                if (await room.TryEnterAsync(context, reason) is { } wait)
                {
                    LogWaits(command.CommandType, addresses.In(command.Key), wait, reason.Message);
                    await context.NotifyConsumed(time.GetElapsedTime(started), nameof(WaitingRoom)); // A copy waits in its place. What counts as not consumed would be a dead letter.
                    return;
                }

                rejection = Reject(command, reason.Refusal!);
            }
            catch (DeliveryPostponedException postponed)
            {
                LogPostponed(command.CommandType, addresses.In(command.Key), postponed.Message);
                if (postponed is { Kind: AnswerKind.MissingScopes, Problem: { } problem })
                    await PauseForScopesAsync(command, problem, grant, waiting.Token);
                throw;
            }
            catch (Exception exception) when (waiting.IsCancellationRequested && exception is OperationCanceledException or ConsumerCanceledException)
            {
                throw Returned(); // ConsumerCanceledException is MassTransit's own for a cancellation by anybody but itself.
            }

            if (await IsGeneralAsync(rejection, waiting.Token))
                throw Returned();
        }

        LogRejected(rejection.CommandType, addresses.In(command.Key), addresses.Of(EmailOf(context.Message)), rejection.Category, rejection.CorrelationId);
        await outcomes.AnnounceAsync(context, rejection);
        throw new CommandRejectedException(rejection, command);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("commandGate");

    /// <summary>
    /// No other command of this kind would fare better, until somebody connects the service anew with what is missing. The others go on.
    /// </summary>
    private async Task PauseForScopesAsync(CommandIdentity command, HubSpotProblem problem, string? grant, CancellationToken cancellationToken)
    {
        var scopes = problem.ContextValues("requiredGranularScopes");
        LogScopesMissing(command.CommandType, string.Join(' ', scopes), problem.CorrelationId);
        var reason = new PauseReason("scopes", "MissingScope", command.CommandType)
        {
            Detail = scopes.Count == 0 ? problem.Message : $"One of these scopes is missing: {string.Join(' ', scopes)}.",
        };
        await pause.PauseAsync(reason, grant, cancellationToken); // Not when somebody has connected anew meanwhile.
    }

    /// <summary>
    /// Whether so many others are rejected for the same that it is the line's trouble. Then this replica has noticed the pause when this returns,
    /// or the command would come again at once.
    /// </summary>
    private async Task<bool> IsGeneralAsync(CommandRejected rejection, CancellationToken paused)
    {
        if (rejection.Category == RejectionCategories.Expired)
            return false; // Too late is no fault of the others.
        if (!await tally.RejectAsync(rejection.CommandType, rejection.Category, rejection.Errors.Select(error => error.Property)))
            return false;

        LogGeneral(rejection.CommandType, rejection.Category);
        await Task.Delay(NoticeMayTake, time, paused).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return true;
    }

    /// <summary>Also a lock that does not end: nobody else need wait for it.</summary>
    private static DeliveryMustWaitException? ReasonToWait(Exception exception) => exception switch
    {
        DeliveryMustWaitException reason => reason,
        DeliveryPostponedException { Kind: AnswerKind.Locked, Problem: { } problem } => new(problem.Category ?? "LOCKED", problem.Message, problem),
        _ => null,
    };

    private static DeliveryPostponedException Returned() => new("the line is paused, or the process ends.");

    /// <summary>
    /// MassTransit reads an envelope's ids only when an outcome is published, which is too late to find them wrong: HubSpot has done it by then.
    /// </summary>
    /// <exception cref="FormatException">One is no GUID, or no address.</exception>
    private static void EnsureReadable(ConsumeContext context) =>
        _ = (context.ConversationId, context.CorrelationId, context.RequestId, context.InitiatorId, context.SourceAddress, context.ResponseAddress, context.FaultAddress);

    private CommandRejected? TooLarge(MessageBody body, CommandIdentity command)
    {
        if (body.Length is not > MostBytes)
            return null;
        var error = new CommandError(null, CommandErrorCodes.TooLong, $"The command has {body.Length} bytes; at most {MostBytes} are allowed.");
        return Reject(command, RejectionCategories.InvalidCommand, error.Message, [error]);
    }

    private CommandRejected? Examine(T message, CommandIdentity command)
    {
        var errors = message.Validate();
        if (command.HeaderError is { } headerError)
            errors = [.. errors, headerError];
        if (command.OccurredAt > time.GetUtcNow() + FurthestFuture)
            errors = [.. errors, new("occurredAt", CommandErrorCodes.InTheFuture, $"occurredAt is {command.OccurredAt:u}, more than five minutes in the future.")];

        if (errors.Count > 0)
            return Reject(command, RejectionCategories.InvalidCommand, string.Join(' ', errors.Take(MostErrors).Select(error => error.Message)), errors);
        if (command.Key is null && message is not SyncContact)
            return Reject(
                command,
                RejectionCategories.NoIdempotencyKey,
                "The command has neither a commandId nor a message id (a GUID), so that doing it twice could not be prevented.");
        return null;
    }

    private CommandRejected Reject(CommandIdentity command, DeliveryRefusedException refused) => Reject(
        command,
        refused.Category,
        refused.Problem.Message,
        [.. refused.Problem.Errors.Select(error => new CommandError(error.Property, error.Code, error.Message))],
        refused.Problem.CorrelationId);

    private CommandRejected Reject(
        CommandIdentity command, string category, string message, IReadOnlyList<CommandError>? errors = null, string? correlationId = null) => new()
        {
            CommandId = command.Key,
            MessageId = command.MessageId,
            PortalId = tokens.PortalId,
            OccurredAt = command.OccurredAt,
            CommandType = command.CommandType,
            Category = category,
            Message = message,
            Errors = [.. (errors ?? []).Take(MostErrors)],
            CorrelationId = correlationId,
        };

    private static string? EmailOf(T message) => message switch
    {
        SyncContact sync => sync.Email,
        EnrollInWorkflow enroll => enroll.Email,
        PostTimelineEvent timeline => timeline.Email,
        _ => null,
    };

    [LoggerMessage(LogLevel.Error, "{Command} waits: the grant lacks a scope, one of: {Scopes} (correlation id {CorrelationId}). An operator adds it to the app and HubSpot:Scopes or HubSpot:OptionalScopes, and connects again")]
    private partial void LogScopesMissing(string command, string scopes, string? correlationId);

    [LoggerMessage(LogLevel.Error, "{Command} waits: {Category} meets more commands than can be their own fault. An operator resumes it when the cause is gone")]
    private partial void LogGeneral(string command, string category);

    [LoggerMessage(LogLevel.Debug, "{Command} {CommandId} done for contact {Contact}")]
    private partial void LogDone(string command, string? commandId, string? contact);

    [LoggerMessage(LogLevel.Warning, "{Command} {CommandId} for contact {Contact} rejected: {Category} (correlation id {CorrelationId})")]
    private partial void LogRejected(string command, string? commandId, string? contact, string category, string? correlationId);

    [LoggerMessage(LogLevel.Information, "{Command} {CommandId} waits for {Wait}. {Reason}")]
    private partial void LogWaits(string command, string? commandId, TimeSpan wait, string reason);

    [LoggerMessage(LogLevel.Warning, "{Command} {CommandId} goes back to its queue. {Reason}")]
    private partial void LogPostponed(string command, string? commandId, string reason);
}
