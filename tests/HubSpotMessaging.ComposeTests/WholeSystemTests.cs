using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.ComposeTests;

/// <summary>What README promises of docker-compose.yml, with real containers.</summary>
public sealed class WholeSystemTests
{
    private const string OperatorKey = "let-me-in";

    [Fact]
    public async Task One_command_brings_up_a_system_that_delivers_and_survives_the_loss_of_a_replica()
    {
        await using var system = new ComposeSystem();
        await system.ComposeAsync("up", "--build", "--detach", "--wait", "--wait-timeout", "300");

        var replicas = await system.ReplicasAsync();
        replicas.Count.ShouldBe(2);
        await ConnectAsync(system, startAt: replicas[^1]);
        foreach (var replica in replicas)
            await BecomesHealthyAsync(replica);

        await using var bus = await AmqpClient.ConnectAsync(system.RabbitMqUri);
        await bus.SubscribeAsync();
        await bus.PublishAsync("SyncContact", """{ "commandId": "first", "email": "Ada@Example.com", "properties": { "firstname": "Ada" } }""");
        var created = await bus.OutcomeAsync("ContactSynced", "first");
        ((string?)created["result"]).ShouldBe("Created");
        (await ContactAsync(system))["firstname"]!.ToString().ShouldBe("Ada");

        // Every container is who and what it should be.
        var services = await system.ContainersAsync("service");
        (await system.DockerAsync("inspect", "--format", "{{.Config.User}} {{.State.Health.Status}}", services[0])).Trim().ShouldBe("1654 healthy");
        await ShouldBeConfinedAsync(system, "service");
        await ShouldBeConfinedAsync(system, "emulator");
        await ShouldBeReadOnlyAsync(system, "redis");
        (await RedisSettingAsync(system, "appendonly")).ShouldBe("yes");
        (await RedisSettingAsync(system, "appendfsync")).ShouldBe("always");
        (await RedisSettingAsync(system, "maxmemory-policy")).ShouldBe("noeviction");

        // Stopping a replica finishes what it does, and the other one carries on.
        await system.DockerAsync("stop", services[0]);
        (await system.DockerAsync("inspect", "--format", "{{.State.ExitCode}}", services[0])).Trim().ShouldBe("0");
        await bus.PublishAsync("SyncContact", """{ "commandId": "second", "email": "ada@example.com", "properties": { "city": "London" } }""");
        var updated = await bus.OutcomeAsync("ContactSynced", "second");
        ((string?)updated["result"]).ShouldBe("Updated");
        (await ContactAsync(system))["city"]!.ToString().ShouldBe("London");

        // The tokens survive their Redis.
        await system.ComposeAsync("restart", "redis");
        await bus.PublishAsync("SyncContact", """{ "commandId": "third", "email": "ada@example.com", "properties": { "city": "Paris" } }""");
        await bus.OutcomeAsync("ContactSynced", "third", seconds: 90);
        (await ContactAsync(system))["city"]!.ToString().ShouldBe("Paris");
    }

    /// <summary>As an operator's browser does: begins at one replica, and HubSpot sends it back to whichever has the registered address.</summary>
    private static async Task ConnectAsync(ComposeSystem system, Uri startAt)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using (var stranger = await browser.GetAsync(new Uri(startAt, "oauth/start")))
            stranger.Headers.Location!.OriginalString.ShouldContain("sign-in");

        using var byKey = new HttpRequestMessage(HttpMethod.Get, new Uri(startAt, "oauth/start")) { Headers = { { "X-Operator-Key", OperatorKey } } };
        using var start = await browser.SendAsync(byKey);
        start.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await start.Content.ReadAsStringAsync());
        start.Headers.Location!.Authority.ShouldBe(system.Emulator.Authority);
        using var approved = await ConsentForm.SubmitAsync(browser, start.Headers.Location);
        using var returned = await browser.GetAsync(approved.Headers.Location);
        returned.StatusCode.ShouldBe(HttpStatusCode.SeeOther, await returned.Content.ReadAsStringAsync());
        using var connected = await browser.GetAsync(new Uri(approved.Headers.Location!, returned.Headers.Location!));
        connected.StatusCode.ShouldBe(HttpStatusCode.OK, await connected.Content.ReadAsStringAsync());
    }

    /// <summary>A replica hears of the connection a moment after it was made at the other one, and then begins to consume.</summary>
    private static async Task BecomesHealthyAsync(Uri replica)
    {
        using var http = new HttpClient();
        var readiness = "";
        for (var attempt = 0; attempt < 150 && !IsHealthy(readiness); attempt++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(attempt == 0 ? 0 : 200), TimeProvider.System);
            readiness = await http.GetStringAsync(new Uri(replica, "health/ready"));
        }

        IsHealthy(readiness).ShouldBeTrue(readiness);

        static bool IsHealthy(string readiness) => readiness.Length > 0 && (string?)JsonNode.Parse(readiness)!["status"] == "Healthy";
    }

    /// <summary>The properties of the one contact that HubSpot holds.</summary>
    private static async Task<JsonObject> ContactAsync(ComposeSystem system)
    {
        using var http = new HttpClient();
        var contact = (await http.GetFromJsonAsync<JsonArray>(new Uri(system.Emulator, "emulator/contacts")))!.ShouldHaveSingleItem();
        return contact!["properties"]!.AsObject();
    }

    /// <summary>As the kernel sees it, not as Compose was told.</summary>
    private static async Task ShouldBeConfinedAsync(ComposeSystem system, string service)
    {
        var process = (await system.ComposeAsync("exec", "-T", service, "cat", "/proc/1/status"))
            .Split('\n').Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)).Where(line => line.Length == 2).ToDictionary(line => line[0], line => line[1]);
        process["Uid"].Split('\t').ShouldAllBe(user => user != "0", service);
        process["CapEff"].Trim('0').ShouldBeEmpty(service);
        process["CapBnd"].Trim('0').ShouldBeEmpty(service);
        process["NoNewPrivs"].ShouldBe("1", service);
        await ShouldBeReadOnlyAsync(system, service);
    }

    private static async Task ShouldBeReadOnlyAsync(ComposeSystem system, string service)
    {
        var root = (await system.ComposeAsync("exec", "-T", service, "cat", "/proc/1/mounts")).Split('\n').Select(line => line.Split(' ')).First(mount => mount.Length > 3 && mount[1] == "/");
        root[3].Split(',')[0].ShouldBe("ro", service);
    }

    private static async Task<string> RedisSettingAsync(ComposeSystem system, string name) =>
        (await system.ComposeAsync("exec", "-T", "redis", "redis-cli", "config", "get", name)).Split('\n', StringSplitOptions.TrimEntries)[1];
}
