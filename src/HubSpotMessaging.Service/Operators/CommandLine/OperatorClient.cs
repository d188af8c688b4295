using System.Net;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.Service.Operators.CommandLine;

/// <summary>The operators' API of a running service, over HTTP.</summary>
internal sealed class OperatorClient : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    private readonly HttpClient _http;

    public OperatorClient(Uri service, string? key, string? name)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(service, $"{OperatorEndpoints.Path}/"),
            Timeout = TimeSpan.FromMinutes(5), // A look at a hundred thousand dead letters takes its time.
        };
        _http.DefaultRequestHeaders.Add(Operator.ClientHeader, "command line");
        if (!string.IsNullOrEmpty(key))
            _http.DefaultRequestHeaders.Add(OperatorGuard.Header, key);
        if (!string.IsNullOrEmpty(name))
            _http.DefaultRequestHeaders.Add(Operator.NameHeader, name);
    }

    /// <summary>Asks for something.</summary>
    /// <exception cref="OperatorException">The service refuses, or does not answer.</exception>
    public Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(() => _http.GetAsync(path, cancellationToken), cancellationToken);

    /// <summary>Has something done, and waits until it is.</summary>
    /// <exception cref="OperatorException">The service refuses, or does not answer.</exception>
    public async Task<JsonNode> PostAsync(string path, JsonObject body, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(() => _http.PostAsJsonAsync(path, body, cancellationToken), cancellationToken);
        while (answer is JsonObject && (string?)answer["state"] is "Waiting" or "Running")
        {
            await Task.Delay(BetweenLooks, TimeProvider.System, cancellationToken);
            answer = await GetAsync($"dead-letters/requests/{answer["id"]}", cancellationToken);
        }

        return answer;
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> SendAsync(Func<Task<HttpResponseMessage>> sendAsync, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await sendAsync();
            var answer = await ReadAsync(response, cancellationToken);
            return response.IsSuccessStatusCode && answer is not null ? answer : throw Refused(response.StatusCode, answer);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new OperatorException($"{_http.BaseAddress!.GetLeftPart(UriPartial.Authority)} does not answer: {exception.Message}");
        }
    }

    private static async Task<JsonNode?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static OperatorException Refused(HttpStatusCode status, JsonNode? answer)
    {
        var words = string.Join(": ", new[] { (string?)answer?["title"], (string?)answer?["detail"] }.OfType<string>());
        return new(words.Length > 0 ? words : status == HttpStatusCode.NotFound ? "There is no such thing." : $"The service answers with status {(int)status}.", answer);
    }
}

/// <summary>Something cannot be done; the message says why.</summary>
internal sealed class OperatorException(string message, JsonNode? answer = null) : Exception(message)
{
    /// <summary>What the service has answered, if it has.</summary>
    public JsonNode? Answer { get; } = answer;
}
