using System.Globalization;
using System.Net;

namespace HubSpotMessaging.IntegrationTests.Quota;

/// <summary>
/// HubSpot as the quota sees it: an account that allows so many requests in a rolling window, and keeps what came and when. Answers come
/// after some time, of which half is the way there.
/// </summary>
internal sealed class Account : HttpMessageHandler
{
    private readonly Lock _gate = new();
    private readonly Queue<TimeSpan> _counted = new();
    private readonly List<TimeSpan> _own = [];
    private readonly long _started = TimeProvider.System.GetTimestamp();

    public int Limit { get; set; } = 20;

    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(1);

    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Whether answers carry the headers.</summary>
    public bool Tells { get; set; } = true;

    /// <summary>Answers in HubSpot's place, when it is set.</summary>
    public Func<HttpRequestMessage, Task<HttpResponseMessage>?>? Instead { get; set; }

    /// <summary>The moments of own requests that were not refused.</summary>
    public IReadOnlyList<TimeSpan> Own
    {
        get
        {
            lock (_gate)
                return [.. _own];
        }
    }

    public int Refused { get; private set; }

    public TimeSpan Now => TimeProvider.System.GetElapsedTime(_started);

    /// <summary>How much of the window is used.</summary>
    public int Used
    {
        get
        {
            lock (_gate)
                return Count();
        }
    }

    /// <summary>Somebody else uses the account. False when there is nothing left.</summary>
    public bool UseElsewhere() => Take(isOwn: false).IsAllowed;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Instead?.Invoke(request) is { } instead)
            return await instead;

        await Task.Delay(Latency / 2, TimeProvider.System, cancellationToken);
        var (isAllowed, remaining) = Take(isOwn: true);
        await Task.Delay(Latency / 2, TimeProvider.System, cancellationToken);
        return isAllowed ? Answer(200, remaining) : Answer(429, 0, "TEN_SECONDLY_ROLLING");
    }

    public HttpResponseMessage Answer(int status, int remaining, string? policy = null)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent($$"""{"policyName":"{{policy}}"}""") };
        if (Tells)
        {
            response.Headers.Add("X-HubSpot-RateLimit-Max", Limit.ToString(CultureInfo.InvariantCulture));
            response.Headers.Add("X-HubSpot-RateLimit-Remaining", remaining.ToString(CultureInfo.InvariantCulture));
            response.Headers.Add("X-HubSpot-RateLimit-Interval-Milliseconds", Window.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    private (bool IsAllowed, int Remaining) Take(bool isOwn)
    {
        lock (_gate)
        {
            var used = Count();
            if (used >= Limit)
            {
                if (isOwn)
                    Refused++;
                return (false, 0);
            }

            _counted.Enqueue(Now);
            if (isOwn)
                _own.Add(Now);
            return (true, Limit - used - 1);
        }
    }

    private int Count()
    {
        while (_counted.TryPeek(out var oldest) && oldest <= Now - Window)
            _counted.Dequeue();
        return _counted.Count;
    }
}
