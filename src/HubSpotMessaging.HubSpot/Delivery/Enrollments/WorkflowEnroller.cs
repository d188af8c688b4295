using System.Globalization;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.Workflows;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Enrollments;

/// <summary>
/// Enrols contacts in workflows, once for each idempotency key, and never again when it is not known whether the first time worked.
/// </summary>
public sealed partial class WorkflowEnroller
{
    /// <summary>Within this time an enrolment is sent that has been written down, or not at all.</summary>
    private static readonly TimeSpan SendWithin = TimeSpan.FromSeconds(5);

    /// <summary>A request that was given up may still land for a while.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Without the record of what was done it may pass for unknown, so Redis is asked for some seconds.</summary>
    private const int RedisAttempts = 5;

    /// <summary>That nothing was done nobody can find out later, so Redis is told that for an hour at least.</summary>
    private const int ForgetAttempts = 3_600;

    /// <summary>And waited for so long.</summary>
    private static readonly TimeSpan ForgetWithin = TimeSpan.FromSeconds(5);

    private readonly WorkflowsClient _workflows;
    private readonly ContactsClient _contacts;
    private readonly HubSpotCaller _caller;
    private readonly IEnrollmentRecords _records;
    private readonly TimeSpan _requestTimeout;
    private readonly bool _resendUncertain;
    private readonly TimeProvider _time;
    private readonly ILogger<WorkflowEnroller> _logger;
    private readonly ResiliencePipeline _redis;
    private readonly ResiliencePipeline _forgetting;

    /// <summary>One for each process.</summary>
    public WorkflowEnroller(
        WorkflowsClient workflows,
        ContactsClient contacts,
        HubSpotCaller caller,
        IEnrollmentRecords records,
        IOptions<HubSpotOptions> hubSpot,
        IOptions<DeliveryOptions> delivery,
        TimeProvider time,
        ILogger<WorkflowEnroller> logger)
    {
        ArgumentNullException.ThrowIfNull(hubSpot);
        ArgumentNullException.ThrowIfNull(delivery);
        (_workflows, _contacts, _caller, _records, _time, _logger) = (workflows, contacts, caller, records, time, logger);
        (_requestTimeout, _resendUncertain) = (hubSpot.Value.RequestTimeout, delivery.Value.ResendUncertainEnrollments);
        _redis = RedisRetry.Create(RedisAttempts, time, LogRedisAway);
        _forgetting = RedisRetry.Create(ForgetAttempts, time, static _ => { });
    }

    /// <summary>How long an attempt may be under way, and HubSpot may still carry it out.</summary>
    private TimeSpan Lease => SendWithin + _requestTimeout + Grace;

    /// <summary>What has been done under a key before. Null when it is to be done.</summary>
    /// <param name="key">The idempotency key.</param>
    /// <param name="lane">How urgent it is.</param>
    /// <param name="cancellationToken">Cancels the waits.</param>
    /// <exception cref="DeliveryMustWaitException">Somebody is at it.</exception>
    /// <exception cref="DeliveryRefusedException">Whether it was done cannot be told.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<Enrollment?> RecallAsync(string key, Lane lane, CancellationToken cancellationToken)
    {
        if (await _records.ReadAsync(key) is not { } record)
            return null;
        if (record.IsDone)
            return record.Enrollment;
        if (record.Left > TimeSpan.Zero)
            throw UnderWay(record.Left);

        // Whoever was at it got no answer, or has crashed. That the contact is in the workflow proves that it was done; that it is not
        // proves nothing, since a workflow of one step may have ended already.
        var current = await AskAsync(record.Enrollment.ContactId, lane, cancellationToken);
        if (IsAmong(current, record.Enrollment))
        {
            await _records.DoneAsync(key, record.Enrollment);
            return record.Enrollment;
        }

        if (current.Kind == AnswerKind.Unavailable)
            throw Refusal.Of(current); // No answer at all.
        if ((await _records.ReadAsync(key))?.Attempt != record.Attempt)
            return null; // Redis has just been told that nothing was done.
        if (!_resendUncertain)
            throw Unknown(current.Problem);

        LogSentAgain(record.Enrollment.WorkflowId);
        await _records.ForgetAsync(key, record.Attempt);
        return null;
    }

    /// <summary>The record id of the contact with this address.</summary>
    /// <param name="email">The address.</param>
    /// <param name="lane">How urgent it is.</param>
    /// <param name="cancellationToken">Cancels the waits.</param>
    /// <exception cref="DeliveryMustWaitException">There is no such contact yet.</exception>
    /// <exception cref="DeliveryRefusedException">HubSpot refused.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    public async Task<string> FindContactAsync(string email, Lane lane, CancellationToken cancellationToken)
    {
        var answer = await _caller.SendAsync(
            new(CallKind.Contacts, lane), Tolerance.OfQuestion, permit => _contacts.GetByEmailAsync(email, permit, CancellationToken.None), cancellationToken);
        return answer switch
        {
            { Succeeded: true, Value.Id: { } id } => id,
            { Kind: AnswerKind.NotFound } => throw NoContact(answer.Problem),
            { Succeeded: false } => throw Refusal.Of(answer),
            _ => throw new DeliveryRefusedException(RefusalCategories.NoOutcome, "HubSpot did not say which contact it has.", answer.Problem),
        };
    }

    /// <summary>Enrols a contact, once.</summary>
    /// <param name="key">The idempotency key.</param>
    /// <param name="email">The contact's address.</param>
    /// <param name="enrollment">The contact, and the workflow.</param>
    /// <param name="lane">How urgent it is.</param>
    /// <param name="cancellationToken">Cancels the waits before the enrolment, not the enrolment.</param>
    /// <exception cref="DeliveryMustWaitException">HubSpot does not know the contact yet, or somebody else is at it.</exception>
    /// <exception cref="DeliveryRefusedException">HubSpot refused, or whether it was done cannot be told.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked; nothing was done.</exception>
    /// <exception cref="RedisException">Redis cannot be reached; nothing was done, or what was done is found out when it comes again.</exception>
    public async Task EnrollAsync(string key, string email, Enrollment enrollment, Lane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(enrollment);

        var answer = await _caller.SendAsync(new(CallKind.Enrollments, lane), Tolerance.OfOnce, permit => SendAsync(key, email, enrollment, permit), cancellationToken);
        if (answer.Succeeded)
            return;
        if (answer.Kind == AnswerKind.NotFound && await IsWorkflowAsync(enrollment.WorkflowId, lane, cancellationToken))
            throw NoContact(answer.Problem);
        if (!answer.IsUncertain)
            throw new DeliveryRefusedException(answer.Problem);

        var current = await AskAsync(enrollment.ContactId, lane, cancellationToken);
        if (IsAmong(current, enrollment))
        {
            await RecordAsync(key, enrollment);
            return;
        }

        // A request that HubSpot did not answer may still land: it is asked again when it cannot any more.
        var isOver = answer.Kind == AnswerKind.Unreadable && current.Succeeded && !_resendUncertain;
        throw isOver ? Unknown(answer.Problem) : UnderWay(Lease);
    }

    /// <summary>Written down before it is sent, and after, but for an answer that does not say what became of it.</summary>
    private async Task<Answer<NoContent>> SendAsync(string key, string email, Enrollment enrollment, Permit permit)
    {
        var attempt = Guid.NewGuid().ToString("N");
        var started = _time.GetTimestamp();
        if (!await BeginAsync(key, attempt, enrollment))
            throw UnderWay(Lease);

        permit.SendBefore = started + (long)(SendWithin.TotalSeconds * _time.TimestampFrequency);
        var answer = await _workflows.EnrollAsync(enrollment.WorkflowId, email, permit, CancellationToken.None);
        if (answer.Succeeded)
            await RecordAsync(key, enrollment);
        else if (!answer.IsUncertain)
            await Task.WhenAny(ForgetAsync(key, attempt), Task.Delay(ForgetWithin, _time, CancellationToken.None)); // Nothing was done.
        return answer;
    }

    private Task<Answer<IReadOnlyList<Workflow>>> AskAsync(string contactId, Lane lane, CancellationToken cancellationToken) => _caller.SendAsync(
        new(CallKind.Enrollments, lane), Tolerance.OfQuestion, permit => _workflows.CurrentEnrollmentsAsync(contactId, permit, CancellationToken.None), cancellationToken);

    private async Task<bool> BeginAsync(string key, string attempt, Enrollment enrollment)
    {
        try
        {
            return await _redis.ExecuteAsync(async _ => await _records.BeginAsync(key, attempt, enrollment, Lease));
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            _ = ForgetAsync(key, attempt); // It may have been written all the same, and pass for sent.
            throw;
        }
    }

    private async Task ForgetAsync(string key, string attempt)
    {
        try
        {
            await _forgetting.ExecuteAsync(async _ => await _records.ForgetAsync(key, attempt));
        }
#pragma warning disable CA1031 // Nobody awaits this to its end.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotForgotten(exception.GetType().Name);
        }
    }

    /// <summary>
    /// Whether HubSpot knows the workflow: its answer to an enrolment is 404 for that as for a contact that it does not know, in words
    /// that it does not document.
    /// </summary>
    private async Task<bool> IsWorkflowAsync(string workflowId, Lane lane, CancellationToken cancellationToken)
    {
        var answer = await _caller.SendAsync(
            new(CallKind.Enrollments, lane), Tolerance.OfQuestion, permit => _workflows.MapWorkflowAsync(workflowId, permit, CancellationToken.None), cancellationToken);
        if (answer.Kind is AnswerKind.Unavailable or AnswerKind.Unreadable)
            throw Refusal.Of(answer);
        return answer.Succeeded && answer.Value.Results.Any(mapping => mapping.WorkflowId.ToString(CultureInfo.InvariantCulture) == workflowId);
    }

    /// <summary>It is done, and is so without Redis too: then it is found out from HubSpot, should it come again.</summary>
    private async Task RecordAsync(string key, Enrollment enrollment)
    {
        try
        {
            await _redis.ExecuteAsync(async _ => await _records.DoneAsync(key, enrollment));
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            LogNotRecorded(enrollment.WorkflowId, exception.GetType().Name);
        }
    }

    private static bool IsAmong(Answer<IReadOnlyList<Workflow>> current, Enrollment enrollment) =>
        current.Succeeded && current.Value.Any(workflow => workflow.Id.ToString(CultureInfo.InvariantCulture) == enrollment.WorkflowId);

    private static DeliveryMustWaitException NoContact(HubSpotProblem? cause) =>
        new(RefusalCategories.ContactNotFound, "HubSpot has no contact with this address.", cause);

    private static DeliveryMustWaitException UnderWay(TimeSpan left) => new(left, "the same enrolment is under way.");

    private static DeliveryRefusedException Unknown(HubSpotProblem? cause) => new(
        RefusalCategories.OutcomeUnknown,
        "HubSpot did not say whether it enrolled the contact, and does not show it in the workflow now; enrolling again might do it twice.",
        cause);

    [LoggerMessage(LogLevel.Warning, "An enrolment in workflow {Workflow} of which nobody knows whether it was done is sent again, as Delivery:ResendUncertainEnrollments says")]
    private partial void LogSentAgain(string workflow);

    [LoggerMessage(LogLevel.Warning, "What becomes of an enrolment cannot be written down yet: {Exception}")]
    private partial void LogRedisAway(string exception);

    [LoggerMessage(LogLevel.Warning, "That an enrolment was not done could not be written down, so that it may pass for unknown: {Exception}")]
    private partial void LogNotForgotten(string exception);

    [LoggerMessage(LogLevel.Warning, "An enrolment in workflow {Workflow} is done, which could not be written down: {Exception}")]
    private partial void LogNotRecorded(string workflow, string exception);
}
