using System.Net.Http.Json;
using System.Security.Authentication;
using System.Text.Json.Nodes;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Testing;
using MassTransit;

namespace HubSpotMessaging.IntegrationTests.Deployment;

/// <summary>A broker and a Redis that listen with TLS, certified for <c>localhost</c> by an authority that only <see cref="AuthorityFile"/> knows.</summary>
public sealed class TlsServers : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hubspot-messaging-").FullName;

    internal CertificateAuthority Authority { get; } = new("Authority of the tests");

    internal ServerCertificate Certificate { get; private set; } = null!;

    internal Servers Servers { get; private set; } = null!;

    internal string AuthorityFile => Path.Combine(_folder, "ca.pem");

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(AuthorityFile, Authority.Pem);
        Certificate = Authority.Issue("localhost");
        Servers = await Servers.StartOwnAsync(Certificate);
    }

    public async ValueTask DisposeAsync()
    {
        await Servers.DisposeAsync();
        Authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Over TLS the service speaks to whom it can trust, and to nobody else.</summary>
public sealed class TlsTests(TlsServers tls) : IClassFixture<TlsServers>
{
    private RabbitMqTestServer RabbitMq => tls.Servers.RabbitMq;

    private RedisTestServer Redis => tls.Servers.RedisServer;

    [Fact]
    public async Task Over_TLS_commands_are_delivered_and_a_broker_that_shows_a_certificate_of_somebody_else_is_not_spoken_to()
    {
        var withoutTls = "";
        await using var installation = await Installation.StartAsync(tls.Servers, settings =>
        {
            withoutTls = settings["ConnectionStrings__RabbitMq"]!;
            settings["ConnectionStrings__RabbitMq"] = RabbitMq.OverTls(withoutTls);
            settings["ConnectionStrings__Redis"] = Redis.OverTls();
            settings["SSL_CERT_FILE"] = tls.AuthorityFile;
            settings["DeadLetters__Read"] = "true"; // By a connection of its own.
        });
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"first","email":"ada@example.com"}""");
        await installation.Bus.OutcomeAsync("ContactSynced", "first");

        using var stranger = new CertificateAuthority("Somebody else");
        await RabbitMq.ShowAsync(stranger.IssueAgain("localhost", tls.Certificate));
        try
        {
            await installation.Service.WaitForLineAsync(
                line => line.Contains("RabbitMQ cannot be reached", StringComparison.Ordinal) && line.Contains("AuthenticationException", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
            await Eventually.BecomesTrueAsync(async () => await BrokerAsync(installation) != "Healthy", "it tells that the broker is not there");
        }
        finally
        {
            await RabbitMq.ShowAsync(tls.Certificate);
        }

        await Eventually.BecomesTrueAsync(async () => await BrokerAsync(installation) == "Healthy", "it is connected again", seconds: 60);
        await using var bus = await AmqpClient.ConnectAsync(withoutTls);
        await bus.SubscribeAsync();
        await bus.PublishAsync("SyncContact", """{"commandId":"second","email":"ada@example.com"}""");
        await bus.OutcomeAsync("ContactSynced", "second");
    }

    [Fact]
    public async Task The_bus_would_speak_to_no_broker_whose_authority_is_not_trusted()
    {
        var tried = new TaskCompletionSource<Exception?>();
        var bus = Bus.Factory.CreateUsingRabbitMq(bus => bus.ConnectTo(
            new Uri(RabbitMq.OverTls(RabbitMq.Uri)), async factory => tried.TrySetResult(await Record.ExceptionAsync(() => factory.CreateConnectionAsync(["localhost"])))));
        var started = bus.StartAsync(TimeSpan.FromSeconds(10));

        (await tried.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System))!.GetBaseException().ShouldBeOfType<AuthenticationException>(); // It is trusted by the service only.

        await ((Task)started).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await bus.StopAsync();
    }

    /// <summary>All at once, since each start takes seconds.</summary>
    [Fact]
    public async Task A_certificate_of_an_unknown_authority_or_for_another_host_ends_the_start_with_one_message() => await Task.WhenAll(
        ShouldNotStartAsync(
            settings => settings.Remove("SSL_CERT_FILE"), "ConnectionStrings:Redis: Redis at localhost:", "cannot be spoken to over TLS", "certificate"),
        ShouldNotStartAsync(
            settings => settings["ConnectionStrings__Redis"] = Redis.OverTls("127.0.0.1"), "ConnectionStrings:Redis: Redis at 127.0.0.1:", "RemoteCertificateNameMismatch"),
        ShouldNotStartAsync(
            settings => (settings["SSL_CERT_FILE"], settings["ConnectionStrings__Redis"]) = (null, Redis.Configuration),
            "ConnectionStrings:RabbitMq: RabbitMQ at localhost:", "its certificate is not trusted here"),
        ShouldNotStartAsync(
            settings => settings["ConnectionStrings__RabbitMq"] = RabbitMq.OverTls(RabbitMq.Uri, "127.0.0.1"),
            "ConnectionStrings:RabbitMq: RabbitMQ at 127.0.0.1:", "its certificate is for another host name"));

    private async Task ShouldNotStartAsync(Action<Dictionary<string, string?>> spoil, params string[] message)
    {
        var settings = new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["ConnectionStrings__RabbitMq"] = RabbitMq.OverTls(RabbitMq.Uri),
            ["ConnectionStrings__Redis"] = Redis.OverTls(),
            ["HubSpot__ClientId"] = "emulator-client",
            ["HubSpot__ClientSecret"] = "emulator-secret",
            ["HubSpot__RedirectUri"] = "http://localhost/oauth/callback",
            ["SSL_CERT_FILE"] = tls.AuthorityFile,
        };
        spoil(settings);
        await using var service = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Service"), environment: settings);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        (await service.WaitForExitAsync(limit.Token)).ShouldBe(1, service.Output);

        var lines = service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('{')).ToList();
        lines.Count.ShouldBe(2, service.Output);
        foreach (var part in message)
            lines[1].ShouldContain(part);
    }

    private static async Task<string> BrokerAsync(Installation installation)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(installation.Address, "health/ready"));
        return (string)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["checks"]!["broker"]!["status"]!;
    }
}
