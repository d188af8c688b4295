using HubSpotMessaging.HubSpot.Delivery.Enrollments;
using StackExchange.Redis;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>The records of enrolments, as they are in Redis.</summary>
internal sealed class StubRecords(TimeProvider time) : IEnrollmentRecords
{
    private readonly Dictionary<string, EnrollmentRecord> _records = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _ends = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<bool> _forgotten = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether Redis cannot be reached. What is asked of it when it goes is done, but not answered.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether it goes at the next beginning.</summary>
    public bool GoesAtBeginning { get; set; }

    /// <summary>Until something has been forgotten.</summary>
    public Task<bool> Forgotten => _forgotten.Task;

    public Task<EnrollmentRecord?> ReadAsync(string key) => Task.FromResult(_records.TryGetValue(key, out var record)
        ? record with { Left = _ends[key] > time.GetUtcNow() ? _ends[key] - time.GetUtcNow() : TimeSpan.Zero }
        : null);

    public Task<bool> BeginAsync(string key, string attempt, Enrollment enrollment, TimeSpan lease)
    {
        ThrowWhenAway();
        _ends.TryAdd(key, time.GetUtcNow() + lease);
        var isNew = _records.TryAdd(key, new(enrollment, attempt, IsDone: false, lease));
        IsAway = GoesAtBeginning;
        ThrowWhenAway();
        return Task.FromResult(isNew);
    }

    public Task DoneAsync(string key, Enrollment enrollment)
    {
        _records[key] = new(enrollment, "", IsDone: true, TimeSpan.Zero);
        _ends[key] = time.GetUtcNow();
        return Task.CompletedTask;
    }

    public Task ForgetAsync(string key, string attempt)
    {
        ThrowWhenAway();
        if (_records.TryGetValue(key, out var record) && record.Attempt == attempt)
        {
            _records.Remove(key);
            _ends.Remove(key);
            _forgotten.TrySetResult(true);
        }

        return Task.CompletedTask;
    }

    private void ThrowWhenAway()
    {
        if (IsAway)
            throw new RedisConnectionException(ConnectionFailureType.SocketClosed, CommandFlags.None, "It is away.");
    }
}
