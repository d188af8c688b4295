using Microsoft.Playwright;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>An operator at the console: what they see of it, and do.</summary>
internal sealed class Desk(Person person)
{
    private const int Patience = 20_000; // milliseconds

    public IPage Page => person.Page;

    public ILocator Result => Page.Locator("#result-words");

    public ILocator Rows => Page.Locator("#letters tbody tr");

    /// <summary>The dead letter that is open.</summary>
    public ILocator Letter => Page.Locator("dialog#letter");

    public ILocator Question => Page.Locator("dialog#question");

    /// <summary>Signs in, and waits until the page is alive.</summary>
    public static async Task<Desk> OpenAsync(Person person)
    {
        await person.OpenAsync(person.Console);
        await person.ShouldReadAsync("Operators only");
        await person.EnterKeyAsync(ConsoleInstallation.Key);
        var desk = new Desk(person);
        await desk.ShouldBeLiveAsync();
        return desk;
    }

    public async Task ShouldBeLiveAsync() => await Assertions.Expect(Page.Locator("#live-words")).ToHaveTextAsync("Live", new() { Timeout = Patience });

    public async Task ShouldTellAsync(string headline) => await Assertions.Expect(person.Heading).ToContainTextAsync(headline, new() { Timeout = Patience });

    public async Task ShouldAnswerAsync(string words) => await Assertions.Expect(Result).ToContainTextAsync(words, new() { Timeout = Patience });

    /// <summary>Opens the dead letter that stands at the top.</summary>
    public async Task OpenFirstAsync()
    {
        await Rows.First.GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(Letter).ToBeVisibleAsync();
    }

    public Task ClickAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    public ILocator InLetter(string button) => Letter.GetByRole(AriaRole.Button, new() { Name = button, Exact = true });

    /// <summary>Presses Tab until this has the focus, as often as somebody without a mouse might.</summary>
    public async Task TabToAsync(ILocator target, int atMost = 60)
    {
        for (var press = 0; press < atMost; press++)
        {
            await Page.Keyboard.PressAsync("Tab");
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement"))
                return;
        }

        throw new ShouldAssertException($"{atMost} times Tab do not lead to {target}.");
    }

    /// <summary>Is lost when the page is loaded anew.</summary>
    public Task MarkAsync() => Page.EvaluateAsync("() => { window.isTheSame = true; }");

    public async Task ShouldBeTheSamePageAsync() => (await Page.EvaluateAsync<bool>("() => window.isTheSame === true")).ShouldBeTrue();
}
