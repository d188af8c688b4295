using System.Diagnostics;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.IntegrationTests.Secrecy;

public sealed class SecretScanTests(Servers servers)
{
    [Fact]
    public void A_line_with_a_secret_is_found_and_the_secret_masked()
    {
        var scan = new SecretScan(["correct horse", "correct horse battery", null]);

        scan.Find("log", "nothing here\nkey=correct horse battery!\nbye").ShouldBe(["log, line 2: key=***!"]);
        scan.Find("log", "nothing here\nnor here").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("x=a%2Fsecret%20%3C", "x=***")]
    [InlineData("x=a%2fsecret+%3c", "x=***")]
    [InlineData("""{"x":"a/secret \u003C"}""", """{"x":"***"}""")]
    [InlineData("A/SECRET <", "***")]
    public void An_encoding_hides_no_secret(string line, string masked) =>
        new SecretScan(["a/secret <"]).Find("log", line).ShouldBe([$"log, line 1: {masked}"]);

    [Fact]
    public void A_short_word_is_no_secret() => new SecretScan(["code", ""]).Find("log", "The code was used before.").ShouldBeEmpty();

    [Fact]
    public async Task What_the_emulator_gives_out_is_known_by_its_form()
    {
        await using var hubSpot = await EmulatorServer.StartAsync();
        var tokens = hubSpot.Grant(Installation.Portal);

        new SecretScan([]).Find("log", $"Bearer {tokens.AccessToken}\nrefresh_token={tokens.RefreshToken}&x\n{new string('x', 300)}")
            .ShouldBe(["log, line 1: Bearer ***", "log, line 2: refresh_token=***&x"]);
    }

    [Fact]
    public async Task A_secret_in_an_event_is_found_when_the_installation_is_disposed_of()
    {
        await using (var installation = await Installation.StartAsync(servers))
        {
            var token = (string)(await installation.Redis.StringGetAsync("hs_access_token"))!;
            await installation.Bus.SendAsync(
                "HubSpotMessaging.Contracts:TokenRefreshed",
                System.Text.Encoding.UTF8.GetBytes($$$"""{"message":{"planted":"{{{token}}}"}}"""));
            await installation.Bus.EventAsync("TokenRefreshed");
        }

        Leaks.Take().ShouldBe(["TokenRefreshed, line 1: {\"planted\":\"***\"}"]); // Taken, so that this test does not fail of it.
    }

    [Fact]
    public void A_secret_in_a_span_is_found_wherever_it_is()
    {
        using var source = new ActivitySource("tests");
        using (var span = source.StartActivity("planted"))
        {
            span!.SetTag("fine", "nothing");
            span.SetTag("tag", Installation.ClientSecret);
            span.SetTag("tags", new[] { "a", Installation.ClientSecret });
            span.AddEvent(new("event", tags: new() { ["tag"] = Installation.ClientSecret }));
            span.SetStatus(ActivityStatusCode.Error, $"{Installation.ClientSecret} is wrong");
        }

        Leaks.Take().ShouldBe(
        [
            "span, line 1: tests: Internal planted \"planted\" Error *** is wrong", "span, line 3: tag tag=***", "span, line 4: tag tags=a,***",
            "span, line 6: event event tag=***",
        ]);
    }

    [Fact]
    public async Task A_secret_in_the_output_of_any_process_is_found_when_the_installation_is_disposed_of()
    {
        // A key that is a word of every log.
        await using (var installation = await Installation.StartAsync(servers, settings => settings["Operator__Key"] = "Information", connect: false))
        {
            await installation.Service.StopAsync();
            await installation.StartServiceAsync();
        }

        var leaks = Leaks.Take();
        leaks.ShouldContain(leak => leak.StartsWith("output of process 1, line ", StringComparison.Ordinal));
        leaks.ShouldContain(leak => leak.StartsWith("output of process 2, line ", StringComparison.Ordinal));
    }
}
