using System.Net;
using System.Net.Sockets;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>A wrong setting ends the start with one message that names it.</summary>
public sealed class SettingsTests(Servers servers)
{
    private const string Secret = "the-secret-itself";

    [Theory]
    [InlineData("HubSpot__ClientId", null, "HubSpot:ClientId is missing")]
    [InlineData("HubSpot__ClientSecret", " ", "HubSpot:ClientSecret is missing")]
    [InlineData("HubSpot__RedirectUri", null, "HubSpot:RedirectUri is missing")]
    [InlineData("HubSpot__RedirectUri", "/oauth/callback", "HubSpot:RedirectUri must be an absolute")]
    [InlineData("HubSpot__RedirectUri", "http://sync.example/oauth/callback", "HubSpot:RedirectUri must be https")]
    [InlineData("HubSpot__PortalId", "many", "HubSpot:PortalId")]
    [InlineData("HubSpot__PortalId", "-5", "HubSpot:PortalId must be")]
    [InlineData("HubSpot__Scopes", "contacts automation timeline oauth", "HubSpot removed the scope contacts")]
    [InlineData("HubSpot__RequestTimeout", "soon", "HubSpot:RequestTimeout")]
    [InlineData("HubSpot__RequestTimeout", "01:00:00", "HubSpot:RequestTimeout must be from")]
    [InlineData("Delivery__BulkShare", "1", "Delivery:BulkShare must be from 0.05 to 0.95")]
    [InlineData("HubSpot__ApiBaseUrl", "hubspot", "HubSpot:ApiBaseUrl must be")]
    [InlineData("HubSpot__ApiVersions__Objects", "v9", "HubSpot:ApiVersions:Objects must be")]
    [InlineData("HubSpot__Workflows__welcome", "the first one", "HubSpot:Workflows:welcome must be")]
    [InlineData("Delivery__MaximumWait", "00:00:00", "Delivery:MaximumWait must be from")]
    [InlineData("Operator__AlertWebhook", "the-secret-itself", "Operator:AlertWebhook must be an absolute")]
    [InlineData("Tokens__Encryption__KeyRing", "/no/such/folder", "Tokens:Encryption:KeyRing: there is no directory /no/such/folder")]
    [InlineData("Tokens__Encryption__Certificate", "keys.pfx", "Tokens:Encryption:KeyRing is missing")]
    [InlineData("ConnectionStrings__RabbitMq", null, "ConnectionStrings:RabbitMq is missing")]
    [InlineData("ConnectionStrings__RabbitMq", "localhost:5672", "ConnectionStrings:RabbitMq is not an AMQP URI")]
    [InlineData("ConnectionStrings__RabbitMq", "http://user:the-secret-itself@localhost", "ConnectionStrings:RabbitMq is not an AMQP URI")]
    [InlineData("ConnectionStrings__Redis", null, "ConnectionStrings:Redis is missing")]
    [InlineData("ConnectionStrings__Redis", "redis://:the-secret-itself@localhost:6379", "ConnectionStrings:Redis cannot be read")]
    public async Task The_start_ends_with_one_message_that_names_the_key(string key, string? value, string message) =>
        await ShouldNotStartAsync(settings => settings[key] = value, message);

    /// <summary>Both at once, since each is waited for a while.</summary>
    [Fact]
    public Task Servers_that_are_not_there_are_told() => Task.WhenAll(
        ShouldNotStartAsync(
            settings => settings["ConnectionStrings__RabbitMq"] = $"amqp://user:{Secret}@127.0.0.1:1/", "ConnectionStrings:RabbitMq: RabbitMQ at 127.0.0.1:1 cannot be reached"),
        ShouldNotStartAsync(
            settings => settings["ConnectionStrings__Redis"] = $"127.0.0.1:1,password={Secret}", "ConnectionStrings:Redis: Redis at 127.0.0.1:1 cannot be reached"));

    [Fact]
    public async Task The_example_for_containers_asks_for_what_is_to_be_filled_in_and_for_nothing_else() =>
        await ShouldNotStartAsync(
            settings =>
            {
                foreach (var line in File.ReadLines(Repository.Find("deploy/hubspot.env.example")).Where(line => line.Length > 0 && line[0] != '#'))
                    settings[line.Split('=', 2)[0]] = line.Split('=', 2)[1];
            },
            "HubSpot:ClientId is missing",
            "HubSpot:ClientSecret is missing");

    [Fact]
    public async Task A_wrong_password_for_the_broker_is_told() =>
        await ShouldNotStartAsync(
            settings => settings["ConnectionStrings__RabbitMq"] = new UriBuilder(servers.RabbitMq.Uri) { Password = Secret }.Uri.AbsoluteUri,
            "ConnectionStrings:RabbitMq: RabbitMQ at",
            "refuses the user name or the password");

    [Fact]
    public async Task A_virtual_host_that_is_not_there_is_told() =>
        await ShouldNotStartAsync(
            settings => settings["ConnectionStrings__RabbitMq"] = new UriBuilder(servers.RabbitMq.Uri) { Path = "/nowhere" }.Uri.AbsoluteUri,
            "ConnectionStrings:RabbitMq: RabbitMQ at",
            "no such virtual host");

    [Fact]
    public async Task A_queue_with_other_arguments_is_told()
    {
        var virtualHost = await servers.FreshVirtualHostAsync();
        await using (var bus = await AmqpClient.ConnectAsync(virtualHost))
            (await bus.HasArgumentsAsync("hubspot-enroll-in-workflow", [])).ShouldBeTrue(); // Declares it: a classic queue.

        await ShouldNotStartAsync(
            settings => settings["ConnectionStrings__RabbitMq"] = virtualHost, "ConnectionStrings:RabbitMq: the queue hubspot-enroll-in-workflow is there with other arguments");
    }

    [Fact]
    public async Task A_Redis_that_evicts_is_refused()
    {
        await using var evicting = await RedisTestServer.StartOwnAsync(["--maxmemory-policy", "allkeys-lru", "--maxmemory", "50mb"]);

        await ShouldNotStartAsync(
            settings => settings["ConnectionStrings__Redis"] = evicting.Configuration, "ConnectionStrings:Redis: Redis at", "maxmemory-policy allkeys-lru");
    }

    [Fact]
    public async Task A_Redis_that_is_a_cluster_is_refused()
    {
        await using var cluster = await RedisTestServer.StartOwnAsync(["--cluster-enabled", "yes"]);

        await ShouldNotStartAsync(settings => settings["ConnectionStrings__Redis"] = cluster.Configuration, "ConnectionStrings:Redis: Redis at", "is a cluster");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told()
    {
        using var somebodyElse = new TcpListener(IPAddress.Loopback, 0);
        somebodyElse.Start();

        await ShouldNotStartAsync(
            settings => settings["ASPNETCORE_URLS"] = $"http://{somebodyElse.LocalEndpoint}", $"ASPNETCORE_URLS: Failed to bind to address http://{somebodyElse.LocalEndpoint}");
    }

    [Fact]
    public async Task All_wrong_settings_are_told_at_once() =>
        await ShouldNotStartAsync(
            settings => (settings["HubSpot__ClientId"], settings["ConnectionStrings__Redis"]) = (null, null), "HubSpot:ClientId", "ConnectionStrings:Redis");

    private async Task ShouldNotStartAsync(Action<Dictionary<string, string?>> spoil, params string[] messages)
    {
        var settings = new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["ConnectionStrings__RabbitMq"] = servers.RabbitMq.Uri,
            ["ConnectionStrings__Redis"] = servers.Redis,
            ["HubSpot__ClientId"] = "emulator-client",
            ["HubSpot__ClientSecret"] = Secret,
            ["HubSpot__RedirectUri"] = "http://localhost/oauth/callback",
        };
        spoil(settings);
        await using var service = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Service"), environment: settings);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        var exitCode = await service.WaitForExitAsync(limit.Token);

        exitCode.ShouldBe(1, service.Output);
        var lines = service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('{')).ToList();
        lines[0].ShouldBe("HubSpotMessaging cannot start:");
        foreach (var message in messages)
            lines.Skip(1).ShouldContain(line => line.Contains(message, StringComparison.Ordinal), service.Output);
        lines.Count.ShouldBeLessThanOrEqualTo(3, service.Output);
        service.Output.ShouldNotContain(Secret);
        service.Output.Split('\n')
            .Where(line => !line.Contains("\"Microsoft.Extensions.Hosting.Internal.Host\"", StringComparison.Ordinal)) // Logs whatever ends the start.
            .ShouldNotContain(line => line.Contains("   at ", StringComparison.Ordinal));
    }
}
