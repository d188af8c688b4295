using System.Text.Json;
using HubSpotMessaging.Service.DeadLetters;
using HubSpotMessaging.Service.Operators.SigningIn;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.Operators;

/// <summary>What operators have done, in Redis; the last thousand things.</summary>
internal sealed class OperatorTrail(IConnectionMultiplexer redis, TimeProvider time)
{
    private const string Key = "hubspot:operators:trail";
    private const int Longest = 1_000;

    /// <summary>Writes down what somebody does, before it is done.</summary>
    /// <exception cref="RedisException">Redis cannot be reached: then it is not to be done.</exception>
    public async Task WriteAsync(HttpContext http, string action, string? details = null, long? count = null)
    {
        var (name, via) = Operator.Of(http);
        var entry = new TrailEntry(time.GetUtcNow(), name, via, action, details, count);
        var database = redis.GetDatabase();
        await database.ListLeftPushAsync(Key, JsonSerializer.Serialize(entry, StoredJson.Options));
        await database.ListTrimAsync(Key, 0, Longest - 1);
    }

    /// <summary>The last things, the latest first.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<IReadOnlyList<TrailEntry>> ReadAsync(int count) =>
        [.. (await redis.GetDatabase().ListRangeAsync(Key, 0, count - 1)).Select(entry => JsonSerializer.Deserialize<TrailEntry>((string)entry!, StoredJson.Options)!)];
}

/// <summary>Something that an operator has done.</summary>
/// <param name="At">When.</param>
/// <param name="By">Who, if they have said it.</param>
/// <param name="Via">How they came in, and with what.</param>
/// <param name="Action">What.</param>
/// <param name="Details">More about it.</param>
/// <param name="Count">With how many.</param>
internal sealed record TrailEntry(DateTimeOffset At, string? By, string Via, string Action, string? Details, long? Count);

/// <summary>Who acts, as far as that can be told: the key is everybody's, so the name is what they say.</summary>
/// <param name="Name">What they call themselves.</param>
/// <param name="Via">How they came in, and with what.</param>
internal sealed record Operator(string? Name, string Via)
{
    /// <summary>Carries the name.</summary>
    public const string NameHeader = "X-Operator-Name";

    /// <summary>Carries the name of the program.</summary>
    public const string ClientHeader = "X-Operator-Client";

    private const int Longest = 100;

    public static Operator Of(HttpContext http)
    {
        var guard = http.RequestServices.GetRequiredService<OperatorGuard>();
        var isSignedIn = guard.WantsKey && http.IsSignedIn();
        var client = Clean(http.Request.Headers[ClientHeader]) ?? (isSignedIn ? "console" : "API");
        return new(
            (isSignedIn ? http.User.Identity?.Name : null) ?? Clean(http.Request.Headers[NameHeader]),
            isSignedIn ? $"{client}, signed in" : guard.WantsKey ? $"{client}, by key" : $"{client}, on this machine");
    }

    /// <summary>A name as somebody has written it, without what has no place in one. Null when nothing is left.</summary>
    public static string? Clean(string? text)
    {
        var clean = new string([.. (text ?? "").Where(letter => !char.IsControl(letter)).Take(Longest)]).Trim();
        return clean.Length == 0 ? null : clean;
    }
}
