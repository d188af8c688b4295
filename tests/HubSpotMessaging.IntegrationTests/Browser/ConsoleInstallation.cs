using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.IntegrationTests.DeadLetters;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>One installation with an operator key for the tests of the console: each begins connected, with the line open and without dead letters.</summary>
public sealed class ConsoleInstallation(Servers servers) : IAsyncLifetime
{
    internal const string Key = "correct horse battery staple";

    private Installation? _installation;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask; // Perhaps none of its tests is to run.

    public async ValueTask DisposeAsync()
    {
        if (_installation is not null)
            await _installation.EndAsync();
    }

    internal async Task<(Installation Installation, OperatorApi Api)> BeginAsync()
    {
        _installation ??= (await Installation.StartAsync(
            servers, Person.OnAnotherSite(("Operator__Key", Key), ("DeadLetters__Read", "true")), connect: false, hubSpot: settings => settings.RateLimit = 110)).Share();
        var api = new OperatorApi(_installation.Address, Key);
        if ((string?)(await api.GetAsync("status"))["connection"]!["state"] != "Connected")
            await ConnectAsync(_installation);
        _installation.HubSpot.Faults.Clear();
        var line = new LineStore(_installation.RedisConnection);
        foreach (var reason in await line.ReadAsync())
            await line.ResumeAsync(reason); // Also what HubSpot had asked to wait for.
        await Eventually.BecomesTrueAsync(async () => (await api.GetAsync("status")) is var status && (bool)status["readsDeadLetters"]! && (bool)status["delivers"]!, "it delivers");
        await api.DiscardAllAsync();
        return (_installation, api);
    }

    private static async Task ConnectAsync(Installation installation)
    {
        using var browser = Installation.NewBrowser();
        browser.DefaultRequestHeaders.Add("X-Operator-Key", Key);
        using var connected = await Installation.ReturnAsync(browser, await installation.ConsentAsync(browser));
        connected.EnsureSuccessStatusCode();
    }
}
