using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.IntegrationTests.Operators;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>The operators' API and command line with a key: for whoever has it, and for nobody else.</summary>
public sealed class OperatorApiTests(Servers servers)
{
    private const string Key = "correct horse battery staple";

    /// <summary>What stands in no description, too.</summary>
    private static readonly (string Method, string Path)[] Others = [("GET", "openapi.json"), ("GET", "nothing-there"), ("POST", "nothing-there"), ("DELETE", "status")];

    private static int _addresses;

    [Fact]
    public async Task Without_the_key_nothing_is_told_and_nothing_done_and_with_it_a_terminal_does_all_of_it()
    {
        await using var installation = await Installation.StartAsync(
            servers,
            settings => (settings["Operator__Key"], settings["DeadLetters__Read"], settings["ASPNETCORE_FORWARDEDHEADERS_ENABLED"]) = (Key, "true", "true"),
            connect: false);
        using var operators = Installation.NewBrowser();
        operators.DefaultRequestHeaders.Add("X-Operator-Key", Key);
        (await Installation.ReturnAsync(operators, await installation.ConsentAsync(operators))).EnsureSuccessStatusCode();

        using var api = new OperatorApi(installation.Address, Key);
        var paths = await EndpointsAsync(api);
        foreach (var (method, path) in paths)
        {
            foreach (var wrong in (string?[])[null, "", "wrong", Key + "r"])
                await ShouldBeRefusedAsync(installation, method, path, wrong);
        }

        await ShouldStopGuessingAsync(installation);
        await ShouldNotBeForgedAsync(installation, paths);
        (await api.GetAsync("trail")).AsArray().Select(entry => (string?)entry!["action"]).ShouldBe(["SignIn", "SignIn", "Connect"]);
        (await api.GetAsync("status"))["reasons"]!.AsArray().ShouldBeEmpty();

        await UseTerminalAsync(installation, api);
    }

    [Fact]
    public async Task Without_a_key_no_proxy_and_no_other_page_gets_anything_done()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        using var api = new OperatorApi(installation.Address);
        using var client = Installation.NewBrowser();
        foreach (var (method, path) in await EndpointsAsync(api))
        {
            await ShouldBeForbiddenAsync(method, path, ("Via", "1.1 proxy.example"));
            if (method == "GET")
                continue;
            await ShouldBeForbiddenAsync(method, path, ("Sec-Fetch-Site", "cross-site"));
            await ShouldBeForbiddenAsync(method, path, ("Sec-Fetch-Site", "same-origin")); // A page of ours, without its token.
        }

        (await api.GetAsync("trail")).AsArray().ShouldBeEmpty();
        using var browser = new SignedIn(installation.Address);
        browser.Http.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        using var allowed = await browser.SendAsync("POST", "resume", await browser.TokenAsync());
        allowed.StatusCode.ShouldBe(HttpStatusCode.OK);

        async Task ShouldBeForbiddenAsync(string method, string path, (string Name, string Value) header)
        {
            using var request = Request(installation, method, path);
            request.Headers.Add(header.Name, header.Value);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path} with {header}");
            SigningInTests.ShouldBePrivate(response);
        }
    }

    /// <summary>Every request that the description knows, so that a new one is among them, and some more.</summary>
    private static async Task<IReadOnlyList<(string Method, string Path)>> EndpointsAsync(OperatorApi api)
    {
        var paths = (await api.GetAsync("openapi.json"))["paths"]!.AsObject();
        paths.ShouldAllBe(path => path.Key.StartsWith("/api/operator/", StringComparison.Ordinal));
        foreach (var path in (string[])["status", "live", "dead-letters", "dead-letters/{id}", "dead-letters/correct"])
            paths.ShouldContainKey($"/api/operator/{path}");
        return
        [
            .. from path in paths
               from method in path.Value!.AsObject()
               select (method.Key.ToUpperInvariant(), path.Key["/api/operator/".Length..].Replace("{id}", "1", StringComparison.Ordinal)),
            .. Others,
        ];
    }

    private static async Task ShouldStopGuessingAsync(Installation installation)
    {
        using var client = Installation.NewBrowser();
        for (var guess = 1; guess <= 7; guess++)
        {
            using var request = Request(installation, "GET", "status", guess < 7 ? "a guess" : Key, address: "203.0.113.7");
            using var response = await client.SendAsync(request);
            response.StatusCode.ShouldBe(guess <= 5 ? HttpStatusCode.Unauthorized : HttpStatusCode.TooManyRequests, $"guess {guess}");
            if (guess > 5)
                response.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 60);
        }

        // A program does not keep out who sits beside it, and a form that comes from another page counts for nothing.
        using var browser = new SignedIn(installation.Address);
        browser.Http.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        for (var guess = 1; guess <= 6; guess++)
        {
            using var form = new FormUrlEncodedContent([new("key", "a guess")]);
            using var forged = await browser.Http.PostAsync(new Uri(installation.Address, "console/sign-in"), form);
            forged.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }

        using var signIn = await browser.SignInAsync(Key);
        signIn.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    /// <summary>With the cookie alone, which a browser sends by itself, nothing changes.</summary>
    private static async Task ShouldNotBeForgedAsync(Installation installation, IReadOnlyList<(string Method, string Path)> paths)
    {
        using var browser = new SignedIn(installation.Address);
        using (var signedIn = await browser.SignInAsync(Key))
            signedIn.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        foreach (var (method, path) in paths.Where(path => path.Method != "GET"))
        {
            foreach (var token in (string?[])[null, "forged"])
            {
                using var response = await browser.SendAsync(method, path, token);
                response.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path}");
            }
        }

        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeTrue();
        installation.HubSpot.Calls.ShouldNotContain(call => call.Path.EndsWith("/token/revoke", StringComparison.Ordinal));
    }

    private static async Task UseTerminalAsync(Installation installation, OperatorApi api)
    {
        (await RunAsync(installation, 1, key: null, "status")).ShouldContain("Operators only");
        (await RunAsync(installation, 2, Key, "dance")).ShouldContain("--help");
        (await RunAsync(installation, 0, Key, "pause", "--command", "EnrollInWorkflow", "--note", "a fair")).ShouldContain("EnrollInWorkflow waits: Operator (a fair)");
        await installation.Bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == "Operator" && (string?)message["scope"] == "EnrollInWorkflow");
        (await RunAsync(installation, 0, Key, "resume")).ShouldContain("Commands are delivered");

        var id = await installation.RejectAsync(api, "by-terminal", "terminal@example.com", "cape_size");
        var status = await RunAsync(installation, 0, Key, "status");
        foreach (var part in (string[])["1 dead letters", "Granted: oauth", "requests in 10 seconds are used", "In the last hour", "done in about"])
            status.ShouldContain(part);
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
        // Each from another address: too many guesses from one are refused for that alone.
        using var client = Installation.NewBrowser();
        using var request = Request(installation, method, path, key, $"198.51.100.{Interlocked.Increment(ref _addresses)}");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path} with '{key}'");
        SigningInTests.ShouldBePrivate(response);
    }

    private static HttpRequestMessage Request(Installation installation, string method, string path, string? key = null, string? address = null)
    {
        var request = new HttpRequestMessage(new(method), new Uri(installation.Address, $"api/operator/{path}"));
        if (key is not null)
            request.Headers.Add("X-Operator-Key", key);
        if (address is not null)
            request.Headers.Add("X-Forwarded-For", address);
        if (method == "POST")
            request.Content = JsonContent.Create(new { all = true, reason = "a thief", correction = new { trueNow = true } });
        return request;
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
