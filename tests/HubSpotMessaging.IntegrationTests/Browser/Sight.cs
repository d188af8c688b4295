using System.Globalization;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>How a page is looked at.</summary>
public enum Look
{
    /// <summary>A window on a desk, by day.</summary>
    Light,

    /// <summary>The same by night.</summary>
    Dark,

    /// <summary>The narrowest phone that counts (320 pixels), by day.</summary>
    Phone,
}

/// <summary>What there is to know of one page, looked at in one way.</summary>
internal sealed record Sight(string Name, Look Look)
{
    /// <summary>What is written, in which colour, on which, and the least ratio (WCAG 2.2, 1.4.3): large text needs less.</summary>
    private const string ReadTexts = """
        () => {
          const clear = color => color === 'transparent' || /, 0\)$/.test(color);
          const behind = element => {
            for (; element; element = element.parentElement)
              if (!clear(getComputedStyle(element).backgroundColor)) return getComputedStyle(element).backgroundColor;
            return 'rgb(255, 255, 255)';
          };
          const readings = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
            if (!text || !element.getClientRects().length) continue;
            const { color, fontSize, fontWeight } = getComputedStyle(element);
            const size = parseFloat(fontSize), large = size >= 24 || (size >= 18.66 && fontWeight >= 700);
            readings.push([`"${text}"`, color, behind(element), large ? '3' : '4.5']);
          }
          for (const field of document.querySelectorAll('input[type=password]'))
            readings.push(['the border of the field', getComputedStyle(field).borderTopColor, behind(field), '3']);
          return readings;
        }
        """;

    /// <summary>What has the focus, the width, style and colour of its outline, and the colour around it; nothing if nothing has.</summary>
    private const string ReadFocus = """
        () => {
          const element = document.activeElement;
          if (!element || element === document.body) return [];
          let around = element.parentElement;
          while (around && /, 0\)$/.test(getComputedStyle(around).backgroundColor)) around = around.parentElement;
          const { outlineWidth, outlineStyle, outlineColor } = getComputedStyle(element);
          return [element.outerHTML, outlineWidth, outlineStyle, outlineColor, getComputedStyle(around).backgroundColor];
        }
        """;

    private const string ReadFaults = """
        () => {
          const faults = [];
          if (document.documentElement.lang !== 'en') faults.push('no language');
          if (!document.title.trim()) faults.push('no title');
          if (document.querySelectorAll('h1').length !== 1 || !document.querySelector('main h1')) faults.push('not one heading');
          for (const field of document.querySelectorAll('input:not([type=hidden], [hidden])'))
            if (field.labels.length !== 1) faults.push(`no label: ${field.outerHTML}`);
          for (const foreign of document.querySelectorAll('script, img, iframe, link:not([href^="data:"]), [onclick]'))
            faults.push(`foreign: ${foreign.outerHTML}`);
          return faults;
        }
        """;

    /// <summary>What axe objects to.</summary>
    public required string[] Violations { get; init; }

    /// <summary>How much wider than the window the page is, in pixels.</summary>
    public required int Overhang { get; init; }

    /// <summary>Every text and every border that matters.</summary>
    public required Colors[] Texts { get; init; }

    /// <summary>What can be clicked or tapped, and its height in pixels.</summary>
    public required (string What, double Height)[] Targets { get; init; }

    /// <summary>Where the Tab key leads.</summary>
    public required FocusRing[] Stops { get; init; }

    /// <summary>How many places it has to lead to. The radio buttons of one question are one.</summary>
    public required int Controls { get; init; }

    /// <summary>What is wrong with the document: language, headings, labels, foreign parts.</summary>
    public required string[] Faults { get; init; }

    public static async Task<Sight> TakeAsync(string name, Look look, IPage page)
    {
        await page.EmulateMediaAsync(new() { ColorScheme = look is Look.Dark ? ColorScheme.Dark : ColorScheme.Light });
        await page.SetViewportSizeAsync(look is Look.Phone ? 320 : 1100, 740);
        if (Environment.GetEnvironmentVariable("HUBSPOT_TEST_SCREENSHOTS") is { Length: > 0 } directory)
            await page.ScreenshotAsync(new() { Path = Path.Combine(directory, $"{name}-{look}.png"), FullPage = true });

        var axe = await page.RunAxe();
        axe.Passes.ShouldNotBeEmpty();
        return new Sight(name, look)
        {
            Violations = [.. axe.Violations.Select(violation => $"{violation.Impact} {violation.Id}: {violation.Help}")],
            Overhang = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"),
            Texts =
            [
                .. (await page.EvaluateAsync<string[][]>(ReadTexts))
                    .Select(text => new Colors(text[0], text[1], text[2], Number(text[3]))),
            ],
            Targets = await TargetsAsync(page),
            Stops = await StopsAsync(page),
            Controls = await page.Locator("a, button, input[type=password], input[name=name], input[type=radio]:checked").CountAsync(),
            Faults = await page.EvaluateAsync<string[]>(ReadFaults),
        };
    }

    public override string ToString() => $"{Name} ({Look})";

    private static async Task<(string What, double Height)[]> TargetsAsync(IPage page)
    {
        var targets = new List<(string, double)>();
        foreach (var target in await page.Locator("a, button, input[type=password], input[name=name], label:has(input)").AllAsync())
            targets.Add((await target.InnerTextAsync(), (await target.BoundingBoxAsync())!.Height));
        return [.. targets];
    }

    private static async Task<FocusRing[]> StopsAsync(IPage page)
    {
        var stops = new Dictionary<string, FocusRing>(StringComparer.Ordinal);
        for (var press = 0; press < 5; press++) // No page has more controls than that.
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<string[]>(ReadFocus) is [var element, var width, var style, var color, var around])
                stops[element] = new(element, style, Number(width.Replace("px", "", StringComparison.Ordinal)), color, around);
        }

        return [.. stops.Values];
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Something written, its colour, the colour behind it, and the least ratio of the two.</summary>
    internal sealed record Colors(string What, string Color, string Behind, double Least);

    /// <summary>How an element shows that it has the focus.</summary>
    internal sealed record FocusRing(string Element, string Style, double Width, string Color, string Around);
}
