using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace HubSpotMessaging.Benchmarks.Stages;

/// <summary>Drives the emulator, and asks it what happened.</summary>
internal sealed class EmulatorClient(Uri address) : IDisposable
{
    public const long Portal = 1234567;
    private const string Upserts = "*/batch/upsert";

    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };

    public Uri Address => address;

    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsync(Path("emulator/reset"), content: null, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    public async Task SetAsync(object settings)
    {
        using var answer = await _http.PutAsJsonAsync(Path("emulator/settings"), settings);
        answer.EnsureSuccessStatusCode();
    }

    public async Task<Grant> GrantAsync()
    {
        using var answer = await _http.PostAsJsonAsync(Path("emulator/grants"), new { portalId = Portal });
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Grant>())!;
    }

    public async Task AddFaultAsync(object fault)
    {
        using var answer = await _http.PostAsJsonAsync(Path("emulator/faults"), fault);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The upserts since the reset, in the order of arrival.</summary>
    public Task<IReadOnlyList<Call>> UpsertsAsync(bool bodies = false) => CallsAsync(Upserts, bodies);

    public async Task<IReadOnlyList<Call>> CallsAsync(string path, bool bodies = false)
    {
        var query = $"emulator/calls?path={Uri.EscapeDataString(path)}&bodies={(bodies ? "true" : "false")}";
        var calls = await _http.GetFromJsonAsync<RecordedCall[]>(Path(query));
        return [.. calls!.Select(call => new Call(call.At, call.Status.ValueKind == JsonValueKind.Number ? call.Status.GetInt32() : null, call.Body))];
    }

    public async Task<int> CountContactsAsync()
    {
        var answer = await _http.GetFromJsonAsync<JsonElement>(
            Path(string.Create(CultureInfo.InvariantCulture, $"emulator/contacts/count?portalId={Portal}")));
        return answer.GetProperty("count").GetInt32();
    }

    public void Dispose() => _http.Dispose();

    private static Uri Path(string path) => new(path, UriKind.Relative);

    private sealed record RecordedCall(DateTimeOffset At, JsonElement Status, string Body);
}

/// <summary>Tokens of the account.</summary>
internal sealed record Grant(string AccessToken, string RefreshToken, int ExpiresIn);

/// <summary>A call that arrived at the emulator.</summary>
/// <param name="At">When, to the millisecond.</param>
/// <param name="Status">What was answered; null when the connection was cut.</param>
/// <param name="Body">The request's body, if asked for.</param>
internal sealed record Call(DateTimeOffset At, int? Status, string Body)
{
    public bool IsRateLimited => Status == 429;
}
