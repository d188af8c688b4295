using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>An operator at the console: what they see of it, and do.</summary>
internal sealed class Desk(Person person)
{
    private const int Patience = 20_000; // milliseconds

    private const string ReadFaults = """
        () => {
          const page = document.documentElement, faults = [];
          if (page.scrollWidth > page.clientWidth) faults.push(`${page.scrollWidth - page.clientWidth} pixels wider than the window`);
          if (page.clientWidth > 400) return faults;
          for (const target of document.querySelectorAll('button, a.button, input:not([type=checkbox]), select, summary')) {
            const { height } = target.getBoundingClientRect();
            if (target.checkVisibility() && height > 1 && height < 44) faults.push(`${height} pixels high: ${target.outerHTML}`);
          }
          return faults;
        }
        """;

    public IPage Page => person.Page;

    public ILocator Result => Page.Locator("#result-words");

    public ILocator Rows => Page.Locator("#letters tbody tr");

    /// <summary>The dead letter that is open.</summary>
    public ILocator Letter => Page.Locator("dialog#letter");

    public ILocator Question => Page.Locator("dialog#question");

    /// <summary>Signs in, and waits until the page is alive.</summary>
    public static async Task<Desk> OpenAsync(Person person, string name = "")
    {
        await person.OpenAsync(person.Console);
        await person.ShouldReadAsync("Operators only");
        await person.Page.GetByLabel("Your name").FillAsync(name);
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

    /// <summary>Looks at the page on a desk by day or by night, or on a phone.</summary>
    public async Task LookAsync(Look look)
    {
        await Page.EmulateMediaAsync(new() { ColorScheme = look is Look.Dark ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
        await Page.SetViewportSizeAsync(look is Look.Phone ? 360 : 1280, look is Look.Phone ? 780 : 1500);
    }

    public Task ScrollToTopAsync() => Page.EvaluateAsync("() => { document.activeElement?.blur(); scrollTo(0, 0); }");

    /// <summary>What axe objects to, what is too small for a finger on a phone, and whether the page scrolls sideways.</summary>
    public async Task<IReadOnlyList<string>> FaultsAsync(string what)
    {
        var axe = await Page.RunAxe();
        axe.Passes.ShouldNotBeEmpty();
        return
        [
            .. axe.Violations.Select(violation => $"{what}: {violation.Impact} {violation.Id}: {violation.Help} ({string.Join(", ", violation.Nodes.Select(node => node.Html))})"),
            .. (await Page.EvaluateAsync<string[]>(ReadFaults)).Select(fault => $"{what}: {fault}"),
        ];
    }

    /// <summary>A picture, when <c>HUBSPOT_TEST_SCREENSHOTS</c> names a directory for it; those in docs/images are made so.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("HUBSPOT_TEST_SCREENSHOTS") is { Length: > 0 } directory)
            await Page.ScreenshotAsync(new() { Path = Path.Combine(directory, $"{name}.png") });
    }
}
