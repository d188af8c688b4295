using Microsoft.Playwright;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>The Chromium of this machine, without a window. None is ever downloaded.</summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>The first of them needs half of the processor time of the others.</summary>
    private static readonly string[] Names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        var path = Find(Environment.GetEnvironmentVariable("CHROMIUM_PATH"), Environment.GetEnvironmentVariable("PATH"));
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(30_000); // Milliseconds; what is awaited comes at once on a machine that is not busy.
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = path,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--no-first-run",
            ],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>The browser to use: the given one, else the first that the search path has.</summary>
    internal static string Find(string? given, string? searchPath)
    {
        if (!string.IsNullOrEmpty(given))
        {
            return File.Exists(given)
                ? given
                : throw new FileNotFoundException($"CHROMIUM_PATH names '{given}', which is not there.", given);
        }

        return (
            from directory in (searchPath ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            from name in Names
            let path = Path.Combine(directory, name)
            where File.Exists(path)
            select path).FirstOrDefault() ?? throw new FileNotFoundException(
                $"The browser tests need Chromium, and the PATH has none of {string.Join(", ", Names)}. " +
                "Install it (Debian: apt-get install chromium), or name a browser of its kind in CHROMIUM_PATH.");
    }

    /// <summary>A browser that nobody has used before: no cookies, no history.</summary>
    internal Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null) => _browser!.NewContextAsync(options);
}

/// <summary>The tests that share one running Chromium.</summary>
[CollectionDefinition]
public sealed class WithChromium : ICollectionFixture<Chromium>;
