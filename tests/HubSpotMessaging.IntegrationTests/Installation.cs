using System.Net;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>
/// One installation as its users have it: the built service as a process, a HubSpot (the emulator), RabbitMQ and Redis.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    public const long Portal = 1234567;
    public const long OtherPortal = 7654321;
    public const string ClientSecret = "emulator-secret";

    private readonly Servers _servers;

    private Installation(Servers servers, EmulatorServer hubSpot, IConnectionMultiplexer redis, AmqpClient bus, Dictionary<string, string?> settings)
    {
        (_servers, HubSpot, RedisConnection, Bus, Settings) = (servers, hubSpot, redis, bus, settings);
        Service = null!;
    }

    public EmulatorServer HubSpot { get; }

    public IConnectionMultiplexer RedisConnection { get; }

    public IDatabase Redis => RedisConnection.GetDatabase();

    public AmqpClient Bus { get; }

    public Dictionary<string, string?> Settings { get; }

    public ServiceProcess Service { get; private set; }

    public Uri Address => new(Settings["ASPNETCORE_URLS"]!);

    /// <summary>Everything running, and connected to HubSpot unless told otherwise.</summary>
    public static async Task<Installation> StartAsync(Servers servers, Action<Dictionary<string, string?>>? configure = null, bool connect = true)
    {
        var hubSpot = await EmulatorServer.StartAsync(new EmulatorOptions { Settings = { RateLimit = null } });
        var rabbitMq = await servers.FreshVirtualHostAsync();
        var redis = await ConnectionMultiplexer.ConnectAsync($"{servers.Redis},allowAdmin=true");
        foreach (var server in redis.GetServers())
            await server.FlushDatabaseAsync();
        var bus = await AmqpClient.ConnectAsync(rabbitMq);
        await bus.SubscribeAsync();

        var port = FreePorts.Next();
        var settings = new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
            ["ConnectionStrings__RabbitMq"] = rabbitMq,
            ["ConnectionStrings__Redis"] = servers.Redis,
            ["HubSpot__ClientId"] = "emulator-client",
            ["HubSpot__ClientSecret"] = ClientSecret,
            ["HubSpot__RedirectUri"] = $"http://127.0.0.1:{port}/oauth/callback",
            ["HubSpot__ApiBaseUrl"] = hubSpot.BaseAddress.AbsoluteUri,
            ["HubSpot__AuthorizeUrl"] = new Uri(hubSpot.BaseAddress, "oauth/authorize").AbsoluteUri,
            ["HubSpot__Workflows__welcome"] = "flow:585051946",
            ["HubSpot__RequestTimeout"] = "00:00:05",
        };
        configure?.Invoke(settings);

        var installation = new Installation(servers, hubSpot, redis, bus, settings);
        try
        {
            await installation.StartServiceAsync();
            if (connect)
                await installation.ConnectAsync();
            return installation;
        }
        catch
        {
            await installation.DisposeAsync();
            throw;
        }
    }

    public async Task StartServiceAsync()
    {
        Service = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Service"), environment: Settings);
        await Service.WaitForLineAsync(line => line.Contains("Application started", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
    }

    /// <summary>Another process of the same installation. HubSpot sends browsers back to the first.</summary>
    public async Task<(ServiceProcess Process, Uri Address)> StartReplicaAsync()
    {
        var address = $"http://127.0.0.1:{FreePorts.Next()}";
        var replica = ServiceProcess.Start(
            ServiceProcess.FindAssembly("HubSpotMessaging.Service"), environment: new Dictionary<string, string?>(Settings) { ["ASPNETCORE_URLS"] = address });
        await replica.WaitForLineAsync(line => line.Contains("Application started", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        return (replica, new Uri(address));
    }

    /// <summary>Walks the OAuth flow over HTTP, as a browser does; returns the page at its end.</summary>
    public async Task<HttpResponseMessage> ConnectAsync(long portal = Portal)
    {
        using var browser = NewBrowser();
        var callback = await ConsentAsync(browser, portal);
        return await ReturnAsync(browser, callback);
    }

    /// <summary>Comes back from HubSpot; returns the page at the clean address where every flow ends.</summary>
    public static async Task<HttpResponseMessage> ReturnAsync(HttpClient browser, Uri callback)
    {
        using var redirect = await browser.GetAsync(callback);
        redirect.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        redirect.Headers.Location!.OriginalString.ShouldBeOneOf("done", "done?ended=elsewhere", "done?ended=redis-away");
        return await browser.GetAsync(new Uri(callback, redirect.Headers.Location));
    }

    /// <summary>Starts the flow, here or at another replica, and consents; returns where HubSpot sends the browser.</summary>
    public async Task<Uri> ConsentAsync(HttpClient browser, long portal = Portal, string decision = "approve", Uri? startAt = null)
    {
        using var start = await browser.GetAsync(new Uri(startAt ?? Address, "oauth/start"));
        start.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        using var consent = await ConsentForm.SubmitAsync(browser, start.Headers.Location!, portal, decision);
        consent.StatusCode.ShouldBe(HttpStatusCode.Redirect, await consent.Content.ReadAsStringAsync());
        return consent.Headers.Location!;
    }

    /// <summary>Keeps cookies, and follows no redirect by itself.</summary>
    public static HttpClient NewBrowser() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true });

    public async ValueTask DisposeAsync()
    {
        if (Service is not null)
        {
            await Service.DisposeAsync();
            TestContext.Current.TestOutputHelper?.WriteLine(Service.Output); // Shown when the test fails.
        }

        await Bus.DisposeAsync();
        await RedisConnection.DisposeAsync();
        await HubSpot.DisposeAsync();
    }
}
