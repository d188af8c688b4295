using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.EmulatorTests;

/// <summary>An emulator of its own for every test, on a clock that stands still, and a client that is connected to portal 1234567.</summary>
public abstract class EmulatorTest : IAsyncLifetime
{
    protected const long PortalId = 1234567;
    protected const long OtherPortalId = 7654321;
    protected const string ClientId = "emulator-client";
    protected const string ClientSecret = "emulator-secret";

    private EmulatorServer? _emulator;
    private HttpClient? _client;

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected ObservedClock Clock { get; } = new(new DateTimeOffset(2026, 9, 10, 12, 0, 0, TimeSpan.Zero));

    protected EmulatorServer Emulator => _emulator!;

    protected HttpClient Client => _client!;

    protected EmulatorSettings Settings => Emulator.Settings;

    public async ValueTask InitializeAsync()
    {
        _emulator = await EmulatorServer.StartAsync(new EmulatorOptions { TimeProvider = Clock }, Cancelled);
        _client = NewClient();
        ConnectAs(PortalId);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_emulator is not null) await _emulator.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected HttpClient NewClient() => new(new SocketsHttpHandler { AllowAutoRedirect = false }, disposeHandler: true)
    {
        BaseAddress = Emulator.BaseAddress,
        Timeout = TimeSpan.FromSeconds(30),
    };

    protected void ConnectAs(long portalId, params string[] scopes) =>
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Emulator.Grant(portalId, scopes).AccessToken);

    protected Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    protected Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    protected Task<Answer> PostAsync(string path, string? json = null) => SendAsync(HttpMethod.Post, path, json);

    protected Task<Answer> PutAsync(string path, string json) => SendAsync(HttpMethod.Put, path, json);

    protected Task<Answer> PatchAsync(string path, string json) => SendAsync(HttpMethod.Patch, path, json);

    protected async Task<Answer> PostFormAsync(string path, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var response = await Client.PostAsync(new Uri(path, UriKind.Relative), form, Cancelled);
        return await Answer.ReadAsync(response);
    }

    /// <summary>Makes simultaneous calls: none goes on before all of them have arrived.</summary>
    protected async Task<Answer[]> AtOnceAsync(IEnumerable<Func<Task<Answer>>> calls)
    {
        var hold = Emulator.Faults.Add(new Fault { Kind = FaultKind.Hold });
        var answers = calls.Select(call => call()).ToList();
        await hold.WhenHitAsync(answers.Count, Cancelled);
        Emulator.Faults.Remove(hold.Id);
        return await Task.WhenAll(answers);
    }

    protected Task<Answer> UpsertAsync(params string[] inputs) =>
        PostAsync("/crm/objects/2026-03/contacts/batch/upsert", $$"""{"inputs":[{{string.Join(',', inputs)}}]}""");

    protected EmulatedContact AddContact(string email, string? secondary = null, long portalId = PortalId)
    {
        var properties = new Dictionary<string, string> { ["email"] = email };
        if (secondary is not null) properties["hs_additional_emails"] = secondary;
        return Emulator.AddContact(portalId, properties);
    }

    private async Task<Answer> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await Client.SendAsync(request, Cancelled);
        return await Answer.ReadAsync(response);
    }
}

/// <summary>What came back.</summary>
public sealed record Answer(HttpStatusCode Status, string Body, HttpResponseHeaders Headers, string? ContentType)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) => new(
        response.StatusCode,
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
        response.Headers,
        response.Content.Headers.ContentType?.MediaType);

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.Single() : null;

    public void ShouldBe(HttpStatusCode status) => Status.ShouldBe(status, Body);

    public void ShouldBe(HttpStatusCode status, string expectedJson)
    {
        ShouldBe(status);
        Json.ShouldMatch(expectedJson);
    }
}
