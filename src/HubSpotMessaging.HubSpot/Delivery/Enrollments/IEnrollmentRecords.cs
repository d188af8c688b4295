using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Enrollments;

/// <summary>
/// Which enrolments have been done, by idempotency key. HubSpot has no idempotency key for them, so what is about to be sent is written
/// down before, and what became of it after.
/// </summary>
public interface IEnrollmentRecords
{
    /// <summary>What is known under a key. Null when it has not been sent.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    Task<EnrollmentRecord?> ReadAsync(string key);

    /// <summary>Writes down that it is about to be sent. False when there is a record already: then it must not be.</summary>
    /// <param name="key">The idempotency key.</param>
    /// <param name="attempt">Names the attempt.</param>
    /// <param name="enrollment">Who, and where.</param>
    /// <param name="lease">How long the attempt may be under way.</param>
    /// <exception cref="RedisException">Redis cannot be reached: nothing may be sent.</exception>
    Task<bool> BeginAsync(string key, string attempt, Enrollment enrollment, TimeSpan lease);

    /// <summary>Writes down that it is done. Whoever knows that is right, however late.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    Task DoneAsync(string key, Enrollment enrollment);

    /// <summary>Forgets an attempt of which nothing came, so that it can be sent anew.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    Task ForgetAsync(string key, string attempt);
}

/// <summary>A contact in a workflow.</summary>
/// <param name="ContactId">The contact's record id.</param>
/// <param name="WorkflowId">The id that the enrolment API takes.</param>
public sealed record Enrollment(string ContactId, string WorkflowId);

/// <summary>What is known of an enrolment.</summary>
/// <param name="Enrollment">Who, and where.</param>
/// <param name="Attempt">Who is at it, or was.</param>
/// <param name="IsDone">Whether HubSpot has done it. Otherwise it may have.</param>
/// <param name="Left">How long the attempt may still be under way; nothing when nobody knows what became of it.</param>
public sealed record EnrollmentRecord(Enrollment Enrollment, string Attempt, bool IsDone, TimeSpan Left);
