using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>The operators' API and command line with a key: for whoever has it, and for nobody else.</summary>
public sealed class OperatorApiTests(Servers servers)
{
    private const string Key = "correct horse battery staple";

    private static readonly (string Method, string Path)[] Paths =
    [
        ("GET", "status"), ("GET", "trail"), ("GET", "openapi.json"), ("GET", "dead-letters"), ("GET", "dead-letters/groups"), ("GET", "dead-letters/1"),
        ("GET", "dead-letters/requests/1"), ("GET", "nothing-there"), ("POST", "pause"), ("POST", "resume"), ("POST", "revoke"),
        ("POST", "dead-letters/replay"), ("POST", "dead-letters/correct"), ("POST", "dead-letters/discard"), ("DELETE", "status"),
    ];

    [Fact]
    public async Task Without_the_key_nothing_is_told_and_nothing_done_and_with_it_a_terminal_does_all_of_it()
    {
        await using var installation = await Installation.StartAsync(
            servers, settings => (settings["Operator__Key"], settings["DeadLetters__Read"]) = (Key, "true"), connect: false);
        using var operators = Installation.NewBrowser();
        operators.DefaultRequestHeaders.Add("X-Operator-Key", Key);
        (await Installation.ReturnAsync(operators, await installation.ConsentAsync(operators))).EnsureSuccessStatusCode();

        foreach (var wrong in (string?[])[null, "", "wrong", Key + "r"])
            foreach (var (method, path) in Paths)
                await ShouldBeRefusedAsync(installation, method, path, wrong);
        using var api = new OperatorApi(installation.Address, Key);
        (await api.GetAsync("trail")).AsArray().ShouldBeEmpty();
        (await api.GetAsync("status"))["reasons"]!.AsArray().ShouldBeEmpty();

        var paths = (await api.GetAsync("openapi.json"))["paths"]!.AsObject();
        foreach (var path in (string[])["/api/operator/status", "/api/operator/dead-letters", "/api/operator/dead-letters/{id}", "/api/operator/dead-letters/correct"])
            paths.ShouldContainKey(path);
        paths.ShouldAllBe(path => path.Key.StartsWith("/api/operator/", StringComparison.Ordinal));

        await UseTerminalAsync(installation, api);
    }

    private static async Task UseTerminalAsync(Installation installation, OperatorApi api)
    {
        (await RunAsync(installation, 1, key: null, "status")).ShouldContain("Operators only");
        (await RunAsync(installation, 2, Key, "dance")).ShouldContain("--help");
        (await RunAsync(installation, 0, Key, "pause", "--command", "EnrollInWorkflow", "--note", "a fair")).ShouldContain("EnrollInWorkflow waits: Operator (a fair)");
        await installation.Bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == "Operator" && (string?)message["scope"] == "EnrollInWorkflow");
        (await RunAsync(installation, 0, Key, "resume")).ShouldContain("Commands are delivered");

        var id = await installation.RejectAsync(api, "by-terminal", "terminal@example.com", "cape_size");
        (await RunAsync(installation, 0, Key, "status")).ShouldContain("1 dead letters");
        (await RunAsync(installation, 0, Key, "dead-letters", "--groups")).ShouldContain("cape_size");
        var list = await RunAsync(installation, 0, Key, "dead-letters", "--property", "cape_size");
        list.ShouldContain(id);
        list.ShouldNotContain("terminal@example.com");
        JsonNode.Parse(await RunAsync(installation, 0, Key, "dead-letters", id, "--reveal", "--json"))!["letter"]!["contact"]!.GetValue<string>().ShouldBe("terminal@example.com");
        (await RunAsync(installation, 1, Key, "replay")).ShouldContain("say which dead letters are meant");
        (await RunAsync(installation, 0, Key, "replay", id, "--remove", "cape_size", "--set", "lastname=King", "--name", "Ada")).ShouldContain("1 done");
        await installation.Bus.OutcomeAsync("ContactSynced", "by-terminal");
        installation.Contact("terminal@example.com")!.Properties["lastname"].ShouldBe("King");
        (await RunAsync(installation, 0, Key, "trail")).ShouldContain("Ada, command line, by key");

        await installation.RejectAsync(api, "thrown-away", "terminal@example.com", "cape_size");
        (await RunAsync(installation, 0, Key, "discard", "--all", "--reason", "done with it")).ShouldContain("1 done");
        (await RunAsync(installation, 0, Key, "revoke")).ShouldContain("The grant is given back");
        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeFalse();
        (await RunAsync(installation, 0, Key, "status")).ShouldContain("Disconnected from HubSpot");
    }

    private static async Task ShouldBeRefusedAsync(Installation installation, string method, string path, string? key)
    {
        using var client = Installation.NewBrowser();
        using var request = new HttpRequestMessage(new(method), new Uri(installation.Address, $"api/operator/{path}"));
        if (key is not null)
            request.Headers.Add("X-Operator-Key", key);
        if (method == "POST")
            request.Content = JsonContent.Create(new { all = true, reason = "a thief", correction = new { trueNow = true } });
        using var response = await client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path} with '{key}'");
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    private static async Task<string> RunAsync(Installation installation, int exitCode, string? key, params string[] arguments)
    {
        await using var process = ServiceProcess.Start(
            ServiceProcess.FindAssembly("HubSpotMessaging.Service"),
            ["operator", .. arguments],
            new Dictionary<string, string?> { ["ASPNETCORE_URLS"] = installation.Settings["ASPNETCORE_URLS"], ["Operator__Key"] = key });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        (await process.WaitForExitAsync(limit.Token)).ShouldBe(exitCode, process.Output);
        return process.Output;
    }
}
