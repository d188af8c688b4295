using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Enrollments;

/// <summary>The records in Redis.</summary>
internal sealed class EnrollmentRecords(IConnectionMultiplexer redis, IOptions<DeliveryOptions> options) : IEnrollmentRecords
{
    private static readonly RedisScript ReadScript = RedisScript.Beside<EnrollmentRecords>("read");
    private static readonly RedisScript BeginScript = RedisScript.Beside<EnrollmentRecords>("begin");
    private static readonly RedisScript DoneScript = RedisScript.Beside<EnrollmentRecords>("done");
    private static readonly RedisScript ForgetScript = RedisScript.Beside<EnrollmentRecords>("forget");

    /// <summary>How long a record is kept: for as long nothing is done a second time under one key.</summary>
    private long Retention => (long)options.Value.StampRetention.TotalMilliseconds;

    private IDatabase Database => redis.GetDatabase();

    public async Task<EnrollmentRecord?> ReadAsync(string key)
    {
        var reply = (RedisValue[])(await ReadScript.RunAsync(Database, [KeyOf(key)]))!;
        return reply.Length == 0
            ? null
            : new(new((string)reply[0]!, (string)reply[1]!), (string)reply[2]!, (bool)reply[3], TimeSpan.FromMilliseconds((long)reply[4]));
    }

    public async Task<bool> BeginAsync(string key, string attempt, Enrollment enrollment, TimeSpan lease) => (bool)await BeginScript.RunAsync(
        Database, [KeyOf(key)], attempt, enrollment.ContactId, enrollment.WorkflowId, (long)lease.TotalMilliseconds, Retention);

    public Task DoneAsync(string key, Enrollment enrollment) =>
        DoneScript.RunAsync(Database, [KeyOf(key)], enrollment.ContactId, enrollment.WorkflowId, Retention);

    public Task ForgetAsync(string key, string attempt) => ForgetScript.RunAsync(Database, [KeyOf(key)], attempt);

    /// <summary>Keys are publishers' words, of any length and content.</summary>
    private static RedisKey KeyOf(string key) => $"hubspot:enrollment:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";
}
