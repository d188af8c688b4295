using HubSpotMessaging.HubSpot.Delivery.Enrollments;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>The records of enrolments, as they are in Redis.</summary>
internal sealed class StubRecords(TimeProvider time) : IEnrollmentRecords
{
    private readonly Dictionary<string, EnrollmentRecord> _records = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _ends = new(StringComparer.Ordinal);

    public Task<EnrollmentRecord?> ReadAsync(string key) => Task.FromResult(_records.TryGetValue(key, out var record)
        ? record with { Left = _ends[key] > time.GetUtcNow() ? _ends[key] - time.GetUtcNow() : TimeSpan.Zero }
        : null);

    public Task<bool> BeginAsync(string key, string attempt, Enrollment enrollment, TimeSpan lease)
    {
        _ends.TryAdd(key, time.GetUtcNow() + lease);
        return Task.FromResult(_records.TryAdd(key, new(enrollment, attempt, IsDone: false, lease)));
    }

    public Task DoneAsync(string key, Enrollment enrollment)
    {
        _records[key] = new(enrollment, "", IsDone: true, TimeSpan.Zero);
        _ends[key] = time.GetUtcNow();
        return Task.CompletedTask;
    }

    public Task ForgetAsync(string key, string attempt)
    {
        if (_records.TryGetValue(key, out var record) && record.Attempt == attempt)
        {
            _records.Remove(key);
            _ends.Remove(key);
        }

        return Task.CompletedTask;
    }
}
