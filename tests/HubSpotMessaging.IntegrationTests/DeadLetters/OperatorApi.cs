using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>The operators' API as whoever knows nothing but HTTP has it.</summary>
internal sealed class OperatorApi : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false });

    public OperatorApi(Uri service, string? key = null)
    {
        _http.BaseAddress = new Uri(service, "api/operator/");
        if (key is not null)
            _http.DefaultRequestHeaders.Add("X-Operator-Key", key);
        _http.DefaultRequestHeaders.Add("X-Operator-Name", "Grace");
    }

    public async Task<JsonNode> GetAsync(string path) => await Read(await _http.GetAsync(path), HttpStatusCode.OK);

    public async Task<HttpStatusCode> StatusOfAsync(string path)
    {
        using var response = await _http.GetAsync(path);
        return response.StatusCode;
    }

    /// <summary>Asks for something, and waits until it is done, also where the service only promises it.</summary>
    public async Task<JsonNode> PostAsync(string path, object body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var response = await _http.PostAsJsonAsync(path, body);
        if (response.StatusCode != HttpStatusCode.Accepted || expected != HttpStatusCode.OK)
            return await Read(response, expected);
        var request = await Read(response, HttpStatusCode.Accepted);
        await Eventually.BecomesTrueAsync(async () => (string?)(request = await GetAsync($"dead-letters/requests/{request["id"]}"))["state"] == "Done", "it is done", seconds: 60);
        return request;
    }

    /// <summary>The dead letters of a filter, the latest first.</summary>
    public async Task<IReadOnlyList<JsonObject>> ListAsync(string query = "") =>
        [.. (await GetAsync($"dead-letters?limit=200&{query}"))["items"]!.AsArray().Select(item => item!.AsObject())];

    /// <summary>Waits until there are so many.</summary>
    public Task HasAsync(int count, string query = "", int seconds = 30) => Eventually.BecomesTrueAsync(
        async () => (int)(await GetAsync($"dead-letters?limit=1&{query}"))["total"]! == count, $"there are {count} dead letters of {query}", seconds);

    /// <summary>How many dead letters are in the hands of whoever reads them.</summary>
    public async Task<int> HeldAsync() => (await GetAsync("status"))["queues"]!.AsArray().Sum(queue => (int)queue!["deadLetters"]!);

    /// <summary>Lets a test begin with nothing that an operator has paused, and without dead letters, which are read.</summary>
    public async Task BeginAsync()
    {
        await PostAsync("resume", new { });
        await Eventually.BecomesTrueAsync(async () => (bool)(await GetAsync("status"))["readsDeadLetters"]!, "the dead letters are read");
        await DiscardAllAsync();
    }

    public async Task DiscardAllAsync()
    {
        await PostAsync("dead-letters/discard", new { all = true, reason = "for the next test" });
        await HasAsync(0);
    }

    public void Dispose() => _http.Dispose();

    private static async Task<JsonNode> Read(HttpResponseMessage response, HttpStatusCode expected)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            response.StatusCode.ShouldBe(expected, text);
            return JsonNode.Parse(text)!;
        }
    }
}
