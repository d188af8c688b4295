using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HubSpotMessaging.IntegrationTests.Browser;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;
using Microsoft.Playwright;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>The first command of README, which has neither RabbitMQ nor Redis.</summary>
[Collection(typeof(WithChromium))]
public sealed partial class SandboxTests(Chromium chromium, SandboxTests.Unwatched unwatched) : IAsyncDisposable, IClassFixture<SandboxTests.Unwatched>
{
    private static readonly string Assembly = ServiceProcess.FindAssembly("HubSpotMessaging.Sandbox");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Where_nobody_watches_it_sends_the_samples_and_ends_with_all_as_declared()
    {
        var (code, output) = await unwatched.EndAsync();

        code.ShouldBe(0, output);
        output.ShouldContain("26 of 26 commands ended as declared, and HubSpot holds exactly what the outcomes tell: 4 contacts, 4 enrolments, 2 timeline events.");
        output.ShouldContain("[HubSpot: 429, 429, 200]: ContactSynced Created");
        output.ShouldContain("CommandRejected VALIDATION_ERROR: Property \"favorite_food\" does not exist");
    }

    [Fact]
    public async Task An_outcome_that_was_not_declared_ends_it_with_1()
    {
        var (code, output) = await RunAsync("--once", "--file", Write(
            """
            {"command":"SyncContact","message":{"commandId":"good","email":"ada@example.com"},"expect":{"event":"ContactSynced","result":"Updated"}}
            {"command":"SyncContact","message":{"commandId":"also-good","email":"ada@example.com"},"expect":"ContactSynced"}
            {"command":"SyncContact","message":{"commandId":"untroubled","email":"ada@example.com"},"fault":{"kind":"locked","match":{"path":"/nowhere"}}}
            """));

        code.ShouldBe(1, output);
        output.ShouldContain("NOT  SyncContact \"good\" [HubSpot: 200]: ContactSynced Created contact");
        output.ShouldContain("(result \"Updated\" was declared, not \"Created\")");
        output.ShouldContain("ok   SyncContact \"also-good\"");
        output.ShouldContain("(the fault met no call)");
        output.ShouldContain("3 commands: 0 refused, 2 not as declared, and HubSpot holds exactly what the outcomes tell: 1 contact,");
    }

    [Fact]
    public async Task What_nobody_declared_may_end_in_anything_and_a_refusal_is_marked()
    {
        var (code, output) = await RunAsync("--once", "--file", Write(
            """
            {"command":"SyncContact","message":{"commandId":"good","email":"ada@example.com"}}
            {"command":"SyncContact","message":{"commandId":"bad","email":"nobody"}}
            """));

        code.ShouldBe(0, output);
        output.ShouldContain("ok   SyncContact \"good\"");
        output.ShouldContain("!    SyncContact \"bad\"");
        output.ShouldContain("2 commands: 1 refused, 0 not as declared, and HubSpot holds exactly");
    }

    [Fact]
    public async Task The_path_of_a_file_counts_from_where_the_command_is_given()
    {
        var project = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Assembly)!, "..", "..", ".."));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "mine.jsonl"), """{"command":"SyncContact","message":{"email":"ada@example.com"},"expect":"ContactSynced"}""");
        var configuration = new DirectoryInfo(Path.GetDirectoryName(Assembly)!).Parent!.Name;
        await using var sandbox = ChildProcess.Start(
            "dotnet", ["run", "--no-build", "--configuration", configuration, "--project", project, "--", "--once", "--file", "mine.jsonl"],
            ChildProcess.EnvironmentWithout("ASPNETCORE_", "DOTNET_ENVIRONMENT"), _folder.FullName);

        (await sandbox.Exited.WaitAsync(TimeSpan.FromSeconds(90), TimeProvider.System)).ShouldBe(0, sandbox.Output.ToString());
    }

    [Fact]
    public async Task A_success_that_HubSpot_only_claims_ends_it_with_1()
    {
        var (code, output) = await RunAsync("--once", "--file", Write(
            """
            {"command":"SyncContact","message":{"email":"ada@example.com"},"expect":"ContactSynced","fault":{"kind":"status","status":200,"match":{"path":"*/upsert"},"body":{"status":"COMPLETE","results":[{"id":"1","new":true,"properties":{"email":"ada@example.com"}}]}}}
            """));

        code.ShouldBe(1, output);
        output.ShouldContain("HubSpot holds 0 contacts with the address ada@example.com, not one.");
        output.ShouldContain("1 of 1 command ended as declared, and HubSpot does NOT hold what the outcomes tell: 0 contacts");
    }

    [Fact]
    public async Task Many_commands_travel_together_but_those_of_one_contact_in_their_order()
    {
        var lines = Enumerable.Range(0, 60).SelectMany(number => new[]
        {
            $$$"""{"command":"SyncContact","message":{"email":"c{{{number}}}@example.com","properties":{"city":"A"}},"expect":{"event":"ContactSynced","result":"Created"}}""",
            $$$"""{"command":"EnrollInWorkflow","message":{"email":"c{{{number}}}@example.com","workflow":"1001"},"expect":"ContactEnrolledInWorkflow"}""",
            $$$"""{"command":"SyncContact","message":{"email":"c{{{number}}}@example.com","properties":{"city":"B"}},"expect":{"event":"ContactSynced","result":"Updated"}}""",
        });
        var trouble = """{"command":"SyncContact","message":{"email":"c1@example.com","properties":{"city":"C"}},"fault":{"kind":"locked","times":1},"expect":{"event":"ContactSynced","result":"Updated"}}""";

        var (code, output) = await RunAsync("--once", "--no-limit", "--file", Write(string.Join('\n', lines)), "--file", Write(trouble));

        code.ShouldBe(0, output);
        output.ShouldContain("181 of 181 commands ended as declared, and HubSpot holds exactly what the outcomes tell: 60 contacts, 60 enrolments");
    }

    [Fact]
    public async Task A_hundred_thousand_commands_are_under_way_with_the_time_left_told_and_an_interruption_ends_them_cleanly()
    {
        var file = Write(string.Join('\n', Enumerable.Range(0, 100_000).Select(
            number => $$"""{ "command": "SyncContact", "message": { "email": "c{{number}}@example.com" } }""")));
        await using var sandbox = ServiceProcess.Start(Assembly, ["--auto", "--no-limit", "--file", file]);
        var progress = await sandbox.WaitForLineAsync(line => line.Contains(" of 100000 done", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        Progress().IsMatch(progress).ShouldBeTrue(progress);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        sandbox.Signal(2);

        (await sandbox.WaitForExitAsync(limit.Token)).ShouldBe(130);
        sandbox.Output.ShouldContain("Interrupted.");
        sandbox.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task An_interruption_before_everything_is_up_ends_it_cleanly_too()
    {
        await using var sandbox = ServiceProcess.Start(Assembly, ["--auto"]);
        await Task.Delay(TimeSpan.FromMilliseconds(900), TimeProvider.System); // Wherever it is then, it must end.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        sandbox.Signal(2);

        (await sandbox.WaitForExitAsync(limit.Token)).ShouldBe(130, sandbox.Output);
        sandbox.Output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task What_is_set_for_a_real_installation_has_no_say()
    {
        await using var sandbox = ServiceProcess.Start(Assembly, ["--once", "--file", Write("""{"command":"SyncContact","message":{"email":"ada@example.com"},"expect":"ContactSynced"}""")],
        [
            new("HubSpot__Scopes", "oauth x"), new("HubSpot__PortalId", "1"), new("Operator__Key", "key"), new("http_proxy", "http://127.0.0.1:9"),
            new("Kestrel__Endpoints__Http__Url", "http://127.0.0.1:9"), new("ConnectionStrings__Redis", "nowhere:1"), new("ASPNETCORE_URLS", "http://127.0.0.1:9"),
        ]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        (await sandbox.WaitForExitAsync(limit.Token)).ShouldBe(0, sandbox.Output);
    }

    [Fact]
    public async Task A_bad_line_at_the_end_of_a_hundred_thousand_is_named_before_anything_is_sent()
    {
        var good = """{"command":"SyncContact","message":{"email":"ada@example.com"}}""";
        var file = Write(string.Join('\n', Enumerable.Repeat(good, 99_998).Append("oops").Append(good)));

        var (code, output) = await RunAsync("--once", "--file", file);

        code.ShouldBe(2);
        output.Trim().ShouldBe($"{file}, line 99999: 'o' is an invalid start of a value. (byte 1)");
    }

    [Fact]
    public async Task Several_at_the_same_time_get_out_of_each_others_way()
    {
        var file = Write("""{"command":"SyncContact","message":{"email":"ada@example.com"},"expect":{"event":"ContactSynced","result":"Created"}}""");

        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RunAsync("--once", "--file", file)));

        runs.ShouldAllBe(run => run.Code == 0);
    }

    [Theory]
    [InlineData("--nonsense")]
    [InlineData("--file")]
    [InlineData("--file", "")]
    [InlineData("--file", "/")]
    [InlineData("--file", "/not/there.jsonl")]
    public async Task Odd_arguments_are_told(params string[] arguments)
    {
        var (code, output) = await RunAsync(arguments);

        code.ShouldBe(2, output);
        output.ShouldNotBeNullOrWhiteSpace();
        output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Help_tells_what_there_is()
    {
        var (code, output) = await RunAsync("--help");

        code.ShouldBe(0);
        foreach (var option in new[] { "--file", "--auto", "--once", "--no-limit" })
            output.ShouldContain(option);
    }

    [Fact]
    public async Task In_a_terminal_a_person_connects_it_with_a_click_and_watches_the_table()
    {
        await using var sandbox = ChildProcess.Start( // "script" gives it a terminal.
            "script", ["--quiet", "--return", "--command", $"stty cols 150 rows 60; dotnet {Assembly}", "/dev/null"],
            ChildProcess.EnvironmentWithout("ASPNETCORE_", "DOTNET_ENVIRONMENT", "CI"), _folder.FullName);
        var invitation = await sandbox.WaitForLineAsync(line => line.Contains("/oauth/start", StringComparison.Ordinal), TimeSpan.FromSeconds(60), default);
        var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();

        await page.GotoAsync(Address().Match(invitation).Value);
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect app" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Connected to HubSpot");
        await context.DisposeAsync();

        await sandbox.WaitForLineAsync(line => line.Contains("26 of 26 commands ended as declared", StringComparison.Ordinal), TimeSpan.FromSeconds(90), default);
        sandbox.Output.ToString().ShouldContain("What came of it");
        sandbox.Output.ToString().ShouldContain("Somebody used up the limit: waited for");
        await sandbox.WaitForLineAsync(line => line.Contains("Everything stays up until Ctrl-C", StringComparison.Ordinal), TimeSpan.FromSeconds(60), default);
    }

    [Fact]
    public async Task It_stays_for_whoever_types_commands_and_waits_for_a_new_connection_when_the_old_one_is_revoked()
    {
        var file = Write("""{"command":"SyncContact","message":{"email":"ada@example.com"}}""");
        var fifo = Path.Combine(_folder.FullName, "typed");
        await using var sandbox = ChildProcess.Start(
            "/bin/sh", ["-c", $"mkfifo {fifo}; tail -f {fifo} | dotnet {Assembly} --auto --file {file}"],
            ChildProcess.EnvironmentWithout("ASPNETCORE_", "DOTNET_ENVIRONMENT"), _folder.FullName);
        var hubSpot = Address().Match(await sandbox.WaitForLineAsync(line => line.StartsWith("HubSpot ", StringComparison.Ordinal), TimeSpan.FromSeconds(60), default)).Value;
        await sandbox.WaitForLineAsync(line => line.Contains("Everything stays up until Ctrl-C", StringComparison.Ordinal), TimeSpan.FromSeconds(60), default);
        using var http = new HttpClient { BaseAddress = new Uri($"{hubSpot}/") };

        await TypeAsync("nonsense");
        await sandbox.WaitForLineAsync(line => line.Contains("invalid JSON literal", StringComparison.Ordinal), TimeSpan.FromSeconds(30), default);

        (await http.PostAsync("grants/1234567/revoke", null)).EnsureSuccessStatusCode();
        await TypeAsync("""{"command":"SyncContact","message":{"commandId":"typed","email":"grace@example.com"}}""");
        var lost = await sandbox.WaitForLineAsync(line => line.Contains("The connection to HubSpot is lost (Revoked)", StringComparison.Ordinal), TimeSpan.FromSeconds(30), default);
        await ConnectAsync(new Uri(Address().Match(lost).Value));
        await sandbox.WaitForLineAsync(line => line.Contains("\"typed\"", StringComparison.Ordinal) && line.Contains("ContactSynced Created", StringComparison.Ordinal), TimeSpan.FromSeconds(90), default);
        (await http.GetFromJsonAsync<JsonArray>("contacts"))!.Count.ShouldBe(2);

        async Task TypeAsync(string line) => await File.AppendAllTextAsync(fifo, line + "\n");
    }

    private static async Task ConnectAsync(Uri start)
    {
        using var browser = Installation.NewBrowser();
        using var started = await browser.GetAsync(start);
        using var consent = await ConsentForm.SubmitAsync(browser, started.Headers.Location!);
        using var connected = await Installation.ReturnAsync(browser, consent.Headers.Location!);
        connected.EnsureSuccessStatusCode();
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        await using var sandbox = ServiceProcess.Start(Assembly, arguments);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        return (await sandbox.WaitForExitAsync(limit.Token), sandbox.Output);
    }

    private string Write(string text)
    {
        var file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.jsonl");
        File.WriteAllText(file, text);
        return file;
    }

    [GeneratedRegex(@"http://localhost:\d+/[a-z/]+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Address();

    [GeneratedRegex(@"^\d+ of 100000 done, \d+ a second, \d+ to go, about 00:\d\d:\d\d$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Progress();

    /// <summary>A run of the samples that nobody watches. It waits a minute for what HubSpot asks it to wait for; meanwhile other tests go on.</summary>
    public sealed class Unwatched : IAsyncDisposable
    {
        private readonly ServiceProcess _sandbox = ServiceProcess.Start(Assembly);

        internal async Task<(int Code, string Output)> EndAsync()
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(150));
            return (await _sandbox.WaitForExitAsync(limit.Token), _sandbox.Output);
        }

        public ValueTask DisposeAsync() => _sandbox.DisposeAsync();
    }
}
