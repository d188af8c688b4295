using HubSpotMessaging.Emulator;
using HubSpotMessaging.IntegrationTests.DeadLetters;
using Microsoft.Playwright;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>
/// A walk over every page that the bootstrap can show. <c>HUBSPOT_TEST_SCREENSHOTS</c> names a directory for pictures of them.
/// </summary>
public sealed class Tour(Servers servers, Chromium chromium) : IAsyncLifetime
{
    private const string Key = "correct horse battery staple";

    private readonly List<Sight> _sights = [];
    private readonly List<string> _trouble = [];

    internal IReadOnlyList<Sight> Sights => _sights;

    internal IReadOnlyList<string> Trouble => _trouble;

    public async ValueTask InitializeAsync()
    {
        await WalkWithKeyAsync();
        await WalkAtTheMachineAsync();
        await WalkWithoutKeyAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task WalkWithKeyAsync()
    {
        await using var installation = await Installation.StartAsync(
            servers, Person.OnAnotherSite(("Operator__Key", Key), ("HubSpot__PortalId", "1234567")), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Root);
        await SeeAsync("root-not-connected", "Not connected yet");
        await person.OpenAsync(person.Start);
        await SeeAsync("operator-key", "Operators only");
        await person.EnterKeyAsync("wrong");
        await SeeAsync("operator-key-refused", "Operators only");

        await person.EnterKeyAsync(Key);
        await person.ShouldBeAskedForConsentAsync();
        await SeeAsync("consent", "Connect HubSpotMessaging to HubSpot");
        await person.ClickCancelAsync();
        await SeeAsync("cancelled", "HubSpot did not connect the app");

        await GoToConsentAsync();
        await person.ChooseAsync(Installation.OtherPortal);
        await person.ClickConnectAsync();
        await SeeAsync("wrong-account", "This is another HubSpot account");

        await GoToConsentAsync();
        await person.ChooseAsync(Installation.Portal);
        await person.ClickConnectAsync();
        await SeeAsync("connected", "Connected to HubSpot");
        await person.OpenAsync(person.Root);
        await SeeAsync("root-connected", "Connected to HubSpot");

        await person.OpenAsync(new Uri(person.Callback, "?code=stolen&state=forged"));
        await SeeAsync("forged", "This did not start here");
        await person.OpenAsync(new Uri(person.Done, "?ended=redis-away"));
        await SeeAsync("redis-was-away", "Not just now");

        await GoToConsentAsync();
        await person.OpenAsync(new Uri(person.Callback, $"?state={State()}"));
        await SeeAsync("no-code", "Something is missing");

        await GoToConsentAsync();
        var words = Uri.EscapeDataString($"A word without end: {new string('x', 300)}");
        await person.OpenAsync(new Uri(person.Callback, $"?state={State()}&error=other&error_description={words}"));
        await SeeAsync("long-words", "HubSpot did not connect the app");

        await GoToConsentAsync();
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Match = new() { Path = "/oauth/*/token" } });
        await person.ClickConnectAsync();
        await SeeAsync("no-tokens", "HubSpot did not give out tokens");

        await person.OpenAsync(new Uri(installation.HubSpot.BaseAddress, "oauth/authorize?client_id=another"));
        await SeeAsync("consent-impossible", "Authorization failed");
        _trouble.AddRange(person.Trouble);

        async Task SeeAsync(string name, string heading)
        {
            await person.ShouldReadAsync(heading);
            await LookAsync(name, person.Page);
        }

        async Task GoToConsentAsync()
        {
            await person.OpenAsync(person.Start);
            await person.ShouldBeAskedForConsentAsync();
        }

        string State() => System.Web.HttpUtility.ParseQueryString(new Uri(person.Page.Url).Query)["state"]!;
    }

    private async Task WalkAtTheMachineAsync()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite());
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Done);
        await SeeAsync("nothing-to-show", "Nothing to show here");

        await person.OpenAsync(person.Start);
        await person.ChooseAsync(Installation.OtherPortal);
        await person.ClickConnectAsync();
        await SeeAsync("another-than-the-first-account", "This is another HubSpot account");

        await person.OpenAsync(person.Root);
        await SeeAsync("root-connected-operator", "Connected to HubSpot");
        using var api = new OperatorApi(installation.Address);
        await api.PostAsync("revoke", new { });
        await person.OpenAsync(person.Root);
        await SeeAsync("root-disconnected", "Disconnected from HubSpot");
        _trouble.AddRange(person.Trouble);

        async Task SeeAsync(string name, string heading)
        {
            await person.ShouldReadAsync(heading);
            await LookAsync(name, person.Page);
        }
    }

    private async Task WalkWithoutKeyAsync()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        await using var person = await Person.AtAsync(
            installation, chromium, new() { ExtraHTTPHeaders = [new("X-Forwarded-For", "203.0.113.7")] });

        await person.OpenAsync(person.Start);
        await person.ShouldReadAsync("Operators only");
        await LookAsync("no-key-configured", person.Page);
        _trouble.AddRange(person.Trouble);
    }

    private async Task LookAsync(string name, IPage page)
    {
        foreach (var look in Enum.GetValues<Look>())
            _sights.Add(await Sight.TakeAsync(name, look, page));
    }
}
