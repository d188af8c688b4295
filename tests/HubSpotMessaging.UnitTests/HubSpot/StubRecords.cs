using HubSpotMessaging.HubSpot.Delivery.Enrollments;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>The records of enrolments, as they are in Redis, but for leases, which do not end.</summary>
internal sealed class StubRecords : IEnrollmentRecords
{
    private readonly Dictionary<string, EnrollmentRecord> _records = new(StringComparer.Ordinal);

    public Task<EnrollmentRecord?> ReadAsync(string key) => Task.FromResult(_records.GetValueOrDefault(key));

    public Task<bool> BeginAsync(string key, string attempt, Enrollment enrollment, TimeSpan lease) =>
        Task.FromResult(_records.TryAdd(key, new(enrollment, attempt, IsDone: false, lease)));

    public Task DoneAsync(string key, Enrollment enrollment)
    {
        _records[key] = new(enrollment, "", IsDone: true, TimeSpan.Zero);
        return Task.CompletedTask;
    }

    public Task ForgetAsync(string key, string attempt)
    {
        if (_records.TryGetValue(key, out var record) && record.Attempt == attempt)
            _records.Remove(key);
        return Task.CompletedTask;
    }
}
