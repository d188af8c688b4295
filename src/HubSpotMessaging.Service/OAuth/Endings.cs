using System.Text.Json;
using HubSpotMessaging.HubSpot;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>What a person is told when a flow has ended.</summary>
internal sealed record Ending(int Status, string Title, params string[] Paragraphs)
{
    public Page ToPage() => new(Status, Title, Paragraphs) { Next = Status == StatusCodes.Status200OK ? ("../console", "Open the console") : ("start", "Start again") };
}

/// <summary>
/// Keeps endings for the browsers in which the flows ended, so that the page can be reloaded, at any replica, while its address
/// tells nothing.
/// </summary>
internal sealed class Endings(IConnectionMultiplexer redis, IOptions<HubSpotOptions> options)
{
    private const string Cookie = "hubspot_oauth_result";

    public async Task KeepAsync(Ending ending, HttpContext http)
    {
        var secret = BrowserSecret.Create();
        await redis.GetDatabase().StringSetAsync(KeyOf(secret), JsonSerializer.Serialize(ending), BrowserSecret.Lifetime);
        http.Response.Cookies.Append(Cookie, secret, BrowserSecret.Cookie(options.Value, "done"));
    }

    /// <summary>The ending of this browser's flow; null when there is none, or not any more.</summary>
    public async Task<Ending?> FindAsync(HttpContext http) =>
        http.Request.Cookies[Cookie] is { Length: > 0 } secret && (string?)await redis.GetDatabase().StringGetAsync(KeyOf(secret)) is { } kept
            ? JsonSerializer.Deserialize<Ending>(kept)
            : null;

    private static RedisKey KeyOf(string secret) => $"hubspot:oauth:result:{BrowserSecret.Digest(secret)}";
}
