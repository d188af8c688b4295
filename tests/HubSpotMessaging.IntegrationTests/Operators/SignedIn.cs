using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace HubSpotMessaging.IntegrationTests.Operators;

/// <summary>A browser at the console, over HTTP.</summary>
internal sealed partial class SignedIn(Uri service) : IDisposable
{
    public HttpClient Http { get; } = Installation.NewBrowser();

    public Uri Service => service;

    /// <summary>Fills in the form.</summary>
    public async Task<HttpResponseMessage> SignInAsync(string key, string? name = null, string? to = null)
    {
        var page = new Uri(service, to is null ? "console/sign-in" : $"console/sign-in?to={to}");
        using var form = await Http.GetAsync(page);
        var token = TokenField().Match(await form.Content.ReadAsStringAsync()).Groups["token"].Value;
        using var fields = new FormUrlEncodedContent([new("antiForgery", token), new("key", key), new("name", name)]);
        return await Http.PostAsync(page, fields);
    }

    /// <summary>The token of the console's page, here or at another replica.</summary>
    public async Task<string> TokenAsync(Uri? at = null)
    {
        using var page = await Http.GetAsync(new Uri(at ?? service, "console"));
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        return TokenMeta().Match(await page.Content.ReadAsStringAsync()).Groups["token"].Value;
    }

    /// <summary>Asks the API for something, as the page does.</summary>
    public Task<HttpResponseMessage> SendAsync(string method, string path, string? antiForgery = null, object? body = null, Uri? at = null)
    {
        var request = new HttpRequestMessage(new(method), new Uri(at ?? service, $"api/operator/{path}"));
        if (method != "GET")
            request.Content = JsonContent.Create(body ?? new { });
        if (antiForgery is not null)
            request.Headers.Add("X-Anti-Forgery", antiForgery);
        return Http.SendAsync(request);
    }

    public void Dispose() => Http.Dispose();

    [GeneratedRegex("name=\"antiForgery\" value=\"(?<token>[^\"]+)\"", RegexOptions.None, 1_000)]
    private static partial Regex TokenField();

    [GeneratedRegex("name=\"?anti-forgery\"? content=\"(?<token>[^\"]+)\"", RegexOptions.None, 1_000)]
    private static partial Regex TokenMeta();
}
