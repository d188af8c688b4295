using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.IntegrationTests.Operators;

/// <summary>The status, as it is followed.</summary>
internal sealed class LiveStream : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private LiveStream(HttpResponseMessage response, Stream stream) =>
        (_response, _events) = (response, SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator());

    public static async Task<LiveStream> OpenAsync(HttpClient http, Uri service)
    {
        var response = await http.GetAsync(new Uri(service, "api/operator/live"), HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The first status that is as it is to be.</summary>
    public async Task<JsonNode> UntilAsync(Func<JsonNode, bool> isIt, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        while (await _events.MoveNextAsync().AsTask().WaitAsync(limit.Token))
        {
            if (_events.Current.EventType != "status")
                continue;
            var status = JsonNode.Parse(_events.Current.Data)!;
            if (isIt(status))
                return status;
        }

        throw new InvalidOperationException("The stream has ended.");
    }

    /// <summary>The first thing that it tells besides how everything stands: that this cannot be seen.</summary>
    public async Task<JsonNode> TroubleAsync(TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        while (await _events.MoveNextAsync().AsTask().WaitAsync(limit.Token))
        {
            if (_events.Current.EventType == "status")
                continue;
            _events.Current.EventType.ShouldBe("trouble");
            return JsonNode.Parse(_events.Current.Data)!;
        }

        throw new InvalidOperationException("The stream has ended.");
    }

    /// <summary>Reads on until the service ends it.</summary>
    public async Task EndsAsync(TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        while (await _events.MoveNextAsync().AsTask().WaitAsync(limit.Token))
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose(); // First, so that nothing is read any more.
        try
        {
            await _events.DisposeAsync();
        }
        catch (NotSupportedException)
        {
            // In the middle of a read, that a time limit has ended the waiting for.
        }
    }
}
