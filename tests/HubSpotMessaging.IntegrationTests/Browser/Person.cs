using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Playwright;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>
/// A person at a browser of their own, who wants to connect an installation to HubSpot. What the browser complains about on the
/// way is kept for <see cref="ShouldHaveSeenNoTrouble"/>.
/// </summary>
internal sealed class Person : IAsyncDisposable
{
    private readonly Installation _installation;
    private readonly ConcurrentQueue<string> _trouble = [];
    private readonly IBrowserContext _context;

    private Person(Installation installation, IBrowserContext context, IPage page)
    {
        (_installation, _context, Page) = (installation, context, page);
        page.Console += (_, message) => NoteConsole(message);
        page.PageError += (_, error) => _trouble.Enqueue($"A script failed: {error}");
        page.RequestFailed += (_, request) => NoteFailure(request);
        page.Request += (_, request) => NoteRequest(request);
    }

    public IPage Page { get; }

    /// <summary>What the browser complained about so far, and what was loaded besides pages.</summary>
    public IReadOnlyCollection<string> Trouble => _trouble;

    public ILocator Heading => Page.GetByRole(AriaRole.Heading, new() { Level = 1 });

    public Uri Root => _installation.Address;

    public Uri Start => new(_installation.Address, "oauth/start");

    public Uri Done => new(_installation.Address, "oauth/done");

    public Uri Revoke => new(_installation.Address, "api/operator/revoke");

    public Uri Console => new(_installation.Address, "console");

    public Uri Callback => new(_installation.Address, "oauth/callback");

    public static async Task<Person> AtAsync(Installation installation, Chromium chromium, BrowserNewContextOptions? options = null)
    {
        var context = await chromium.NewContextAsync(options);
        context.SetDefaultTimeout(15_000);
        return new Person(installation, context, await context.NewPageAsync());
    }

    /// <summary>
    /// Settings under which HubSpot's consent page is another <em>site</em> than the service, as it is in the world: the browser then
    /// treats cookies and forms on the way there and back as strictly as it would there.
    /// </summary>
    public static Action<Dictionary<string, string?>> OnAnotherSite(params (string Name, string Value)[] more) => settings =>
    {
        settings["HubSpot__AuthorizeUrl"] = settings["HubSpot__AuthorizeUrl"]!.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        foreach (var (name, value) in more)
            settings[name] = value;
    };

    public Task OpenAsync(Uri address) => Page.GotoAsync(address.AbsoluteUri);

    public async Task ShouldReadAsync(string heading) =>
        await Assertions.Expect(Heading).ToHaveTextAsync(heading, new() { Timeout = 15_000 });

    public Task ShouldBeAskedForConsentAsync() => ShouldReadAsync("Connect HubSpotMessaging to HubSpot");

    public Task ChooseAsync(long portal) =>
        Page.GetByRole(AriaRole.Radio, new() { Name = portal.ToString(CultureInfo.InvariantCulture) }).ClickAsync();

    public Task ClickConnectAsync() => Page.GetByRole(AriaRole.Button, new() { Name = "Connect" }).ClickAsync();

    public Task ClickCancelAsync() => Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

    public Task ClickStartAgainAsync() => Page.GetByRole(AriaRole.Link, new() { Name = "Start again" }).ClickAsync();

    public async Task EnterKeyAsync(string key)
    {
        await Page.GetByLabel("Operator key").FillAsync(key);
        await Page.Keyboard.PressAsync("Enter");
    }

    /// <summary>Neither code nor state stays in the address bar, and whoever reloads the page reads the same.</summary>
    public async Task ShouldHaveLeftTheCodeBehindAsync(string query = "")
    {
        new Uri(Page.Url).PathAndQuery.ShouldBe($"/oauth/done{query}");
        var words = await ReadAsync();
        await Page.ReloadAsync();
        (await ReadAsync()).ShouldBe(words);
    }

    public Task<string> ReadAsync() => Page.GetByRole(AriaRole.Main).InnerTextAsync();

    /// <summary>No script failed, no policy was violated, nothing but pages was loaded, and for the console what is its own.</summary>
    public void ShouldHaveSeenNoTrouble() => _trouble.ShouldBeEmpty();

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private void NoteConsole(IConsoleMessage message)
    {
        // Chromium says this of every page that is answered with 4xx or 5xx, and these pages rightly are.
        var isStatusOfThePage =
            message.Text.StartsWith("Failed to load resource: the server responded with a status", StringComparison.Ordinal)
            && (message.Location.Contains("/oauth/", StringComparison.Ordinal)
                || message.Location.Contains("/console/sign-in", StringComparison.Ordinal)
                || message.Location.Contains("/api/operator/dead-letters/", StringComparison.Ordinal)); // 409 asks something.
        if (!isStatusOfThePage)
            _trouble.Enqueue($"{message.Type} in the console: {message.Text} ({message.Location})");
    }

    private void NoteFailure(IRequest request)
    {
        var isLeft = IsOfTheConsole(request) && request.Failure == "net::ERR_ABORTED"; // What somebody who leaves does not wait for.
        if (!isLeft)
            _trouble.Enqueue($"{request.Url} did not load: {request.Failure}");
    }

    private bool IsOfTheConsole(IRequest request) =>
        request.Url.StartsWith(new Uri(Root, "console/").AbsoluteUri, StringComparison.Ordinal)
        || request.Url.StartsWith(new Uri(Root, "api/operator/").AbsoluteUri, StringComparison.Ordinal)
        || request.Url == "data:,";

    private void NoteRequest(IRequest request)
    {
        if (!string.Equals(request.ResourceType, "document", StringComparison.Ordinal) && !IsOfTheConsole(request))
            _trouble.Enqueue($"A page loaded a {request.ResourceType}: {request.Url}");
    }
}
