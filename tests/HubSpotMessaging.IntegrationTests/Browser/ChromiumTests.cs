namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>Without a browser these tests fail, and say what to do.</summary>
public sealed class ChromiumTests
{
    [Fact]
    public void Without_a_browser_the_tests_say_what_to_install()
    {
        var problem = Should.Throw<FileNotFoundException>(() => Chromium.Find(given: null, searchPath: AppContext.BaseDirectory));

        problem.Message.ShouldContain("apt-get install chromium");
        problem.Message.ShouldContain("CHROMIUM_PATH");
    }

    [Fact]
    public void A_given_browser_that_is_not_there_is_not_replaced_by_another()
    {
        var problem = Should.Throw<FileNotFoundException>(() =>
            Chromium.Find(Path.Combine(AppContext.BaseDirectory, "no-browser"), Environment.GetEnvironmentVariable("PATH")));

        problem.Message.ShouldContain("no-browser");
    }
}
