using System.Net;
using System.Net.Http.Json;
using System.Web;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.IntegrationTests.Secrecy;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>
/// One installation as its users have it: the built service as a process, a HubSpot (the emulator), RabbitMQ and Redis. At its end
/// no secret may have turned up in what the service wrote or in an event. That of a <see cref="SharedInstallation"/> goes on to the
/// next test.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    public const long Portal = 1234567;
    public const long OtherPortal = 7654321;
    public const string ClientSecret = "emulator-secret";

    private readonly Servers _servers;
    private readonly List<ServiceProcess> _processes = [];
    private readonly HashSet<string> _states = [];
    private readonly HashSet<string> _leaks = [];
    private bool _isShared;
    private int _shown;

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
    public static async Task<Installation> StartAsync(
        Servers servers, Action<Dictionary<string, string?>>? configure = null, bool connect = true, Action<EmulatorSettings>? hubSpot = null)
    {
        var installation = await PrepareAsync(servers, configure, hubSpot);
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

    /// <summary>Everything running but the service.</summary>
    public static async Task<Installation> PrepareAsync(
        Servers servers, Action<Dictionary<string, string?>>? configure = null, Action<EmulatorSettings>? change = null)
    {
        if (SharedInstallation.IsRunning)
            throw new InvalidOperationException("The class of this test has a shared installation, with which this one would share Redis.");

        var options = new EmulatorOptions { Settings = { RateLimit = 1_000_000 } };
        change?.Invoke(options.Settings);
        var hubSpot = await EmulatorServer.StartAsync(options);
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
            ["DeadLetters__Read"] = "false", // Whoever reads them holds them, and the tests look into the queues.
        };
        configure?.Invoke(settings);

        return new Installation(servers, hubSpot, redis, bus, settings);
    }

    public async Task StartServiceAsync() => Service = await StartAsync(Settings);

    /// <summary>One more replica, on a port of its own, to which HubSpot sends browsers back that start there.</summary>
    public async Task<Replica> AddReplicaAsync(Action<Dictionary<string, string?>>? configure = null)
    {
        var port = FreePorts.Next();
        var settings = new Dictionary<string, string?>(Settings)
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
            ["HubSpot__RedirectUri"] = $"http://127.0.0.1:{port}/oauth/callback",
        };
        configure?.Invoke(settings);
        return new(await StartAsync(settings), new(settings["ASPNETCORE_URLS"]!));
    }

    private async Task<ServiceProcess> StartAsync(Dictionary<string, string?> settings)
    {
        var process = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Service"), environment: settings);
        _processes.Add(process);
        await process.WaitForLineAsync(line => line.Contains("Application started", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        return process;
    }

    /// <summary>Walks the OAuth flow over HTTP, as a browser does; returns the page at its end.</summary>
    public async Task<HttpResponseMessage> ConnectAsync(long portal = Portal, Uri? at = null)
    {
        using var browser = NewBrowser();
        var callback = await ConsentAsync(browser, portal, startAt: at);
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

    /// <summary>Lets whoever disposes of it end a test only, until <see cref="EndAsync"/>.</summary>
    public Installation Share()
    {
        _isShared = true;
        return this;
    }

    /// <summary>Puts all but the process back to the beginning, for another test. What the last one published must have had its outcome.</summary>
    /// <param name="connect">Whether it is to be connected to HubSpot.</param>
    public async Task RenewAsync(bool connect)
    {
        HubSpot.Faults.Clear();
        if (!connect)
            await DisconnectAsync();
        await SettleAsync(isOpen: await Redis.KeyExistsAsync("hs_refresh_token"));
        ReportLeaks(); // Before the calls are forgotten, and the events.

        HubSpot.Reset();
        await Bus.PurgeQueuesAsync();
        foreach (var pattern in (string[])["hubspot:contact:*", "hubspot:enrollment:*", "hubspot:circuit:*", "hubspot:rejections:*", "hubspot:oauth:*"])
        {
            await foreach (var key in RedisConnection.GetServers().Single().KeysAsync(Redis.Database, pattern))
                await Redis.KeyDeleteAsync(key);
        }

        if (connect)
        {
            using var connected = await ConnectAsync();
            connected.EnsureSuccessStatusCode();
        }

        await SettleAsync(isOpen: connect);
        await Bus.ForgetAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_isShared)
        {
            ReportLeaks();
            Show();
        }
        else
        {
            await EndAsync();
        }
    }

    /// <summary>Ends everything.</summary>
    public async Task EndAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        Show();
        ReportLeaks();
        await Bus.DisposeAsync();
        await RedisConnection.DisposeAsync();
        await HubSpot.DisposeAsync();
    }

    private async Task DisconnectAsync()
    {
        using var browser = NewBrowser();
        using var revoked = await browser.PostAsJsonAsync(new Uri(Address, "api/operator/revoke"), new { });
        revoked.EnsureSuccessStatusCode();
    }

    /// <summary>Waits until the service does what the line says, and has told everybody.</summary>
    private async Task SettleAsync(bool isOpen)
    {
        var line = new LineStore(RedisConnection);
        await Eventually.BecomesTrueAsync(async () => (await line.ReadAsync()).Count == 0 == isOpen, "the line is as it is to be");
        foreach (var queue in AmqpClient.Queues)
            await Eventually.BecomesTrueAsync(async () => await Bus.ConsumersAsync(queue) == (isOpen ? 1u : 0u), $"{queue} is consumed, or not");
        await Eventually.BecomesTrueAsync(async () => !await Redis.KeyExistsAsync("hubspot:outbox"), "everything is told");
    }

    /// <summary>What the processes wrote since the last time is shown when the test fails.</summary>
    private void Show()
    {
        var output = string.Join('\n', _processes.Select(process => process.Output));
        TestContext.Current.TestOutputHelper?.WriteLine(output[Math.Min(_shown, output.Length)..]);
        _shown = output.Length;
    }

    /// <summary>Each leak once.</summary>
    private void ReportLeaks()
    {
        _states.UnionWith(States());
        var scan = new SecretScan([.. HubSpot.Secrets, .. _states, ClientSecret, Settings["HubSpot__ClientSecret"], Settings.GetValueOrDefault("Operator__Key")]);
        Leaks.Report(
        [
            .. _processes.Index().SelectMany(process => scan.Find($"output of process {process.Index + 1}", process.Item.Output)).Where(_leaks.Add),
            .. Bus.Seen.SelectMany(seen => scan.Find(seen.Event, seen.Message.ToJsonString())).Where(_leaks.Add),
        ]);
    }

    /// <summary>The states with which browsers came to the consent page, or sent it off.</summary>
    private IEnumerable<string> States() =>
        from call in HubSpot.Calls
        where call.Path.StartsWith("/oauth/", StringComparison.Ordinal)
        from fields in new[] { new Uri(HubSpot.BaseAddress, call.Path).Query, call.Body }
        let state = HttpUtility.ParseQueryString(fields)["state"]
        where state is not null
        select state;
}

/// <summary>A replica of the service, and where it listens.</summary>
internal sealed record Replica(ServiceProcess Process, Uri Address);
