using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using HubSpotMessaging.Service.OAuth;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HubSpotMessaging.Service.Operators.Status;

/// <summary>Follows how everything stands, for browsers that keep the console open: server-sent events.</summary>
internal sealed class LiveStatus(StatusReader reader, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Proxies close what stays silent for longer, most after a minute.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);

    private static readonly Trouble RedisIsAway = new("Not just now", "Redis, where everything that operators see is kept, does not answer.");

    public ServerSentEventsResult<object> Follow(HttpContext http)
    {
        http.Response.Headers["X-Accel-Buffering"] = "no"; // A proxy that gathers what it passes on would keep it back.
        var signedInUntil = http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc ?? DateTimeOffset.MaxValue;
        return TypedResults.ServerSentEvents(EventsAsync(signedInUntil, http.RequestAborted));
    }

    /// <summary>What has changed, at once; else the same now and then.</summary>
    private async IAsyncEnumerable<SseItem<object>> EventsAsync(DateTimeOffset until, [EnumeratorCancellation] CancellationToken left)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(left, lifetime.ApplicationStopping);
        var (told, toldAt) = ("", 0L);
        while (!end.IsCancellationRequested && time.GetUtcNow() < until)
        {
            var (item, text) = await LookAsync();
            if (text != told || time.GetElapsedTime(toldAt) >= LongestSilence)
            {
                (told, toldAt) = (text, time.GetTimestamp());
                yield return item;
            }

            await Task.Delay(BetweenLooks, time, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What to tell, and that in words that differ only when it does.</summary>
    private async Task<(SseItem<object> Item, string Text)> LookAsync()
    {
        try
        {
            var status = await reader.ReadSharedAsync();
            return (new(status, "status"), JsonSerializer.Serialize(status with { At = default }));
        }
        catch (Exception exception) when (ConnectionPage.TellsThatRedisIsAway(exception))
        {
            return (new(RedisIsAway, "trouble"), nameof(RedisIsAway));
        }
    }

    /// <summary>Nothing can be seen.</summary>
    private sealed record Trouble(string Title, string Detail);
}
