using System.Net;
using System.Web;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.Sandbox.Delivery;
using HubSpotMessaging.Service;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.Startup;
using MassTransit;

namespace HubSpotMessaging.Sandbox;

/// <summary>
/// The whole road in one process: the service as it is deployed, the emulator for HubSpot, Garnet for Redis, and MassTransit's
/// in-memory bus for RabbitMQ.
/// </summary>
internal sealed class SandboxHost : IAsyncDisposable
{
    /// <summary>The account that it connects to when it does that by itself.</summary>
    private const string Portal = "1234567";

    private readonly EmbeddedRedis _redis;
    private readonly WebApplication _app;

    private SandboxHost(EmbeddedRedis redis, EmulatorServer hubSpot, WebApplication app, CancellationToken stopping) =>
        (_redis, HubSpot, _app, Stopping) = (redis, hubSpot, app, stopping);

    /// <summary>The emulated HubSpot.</summary>
    public EmulatorServer HubSpot { get; }

    /// <summary>Where people look at it.</summary>
    public Uri HubSpotPage => new(ForBrowsers(HubSpot.BaseAddress), "emulator");

    /// <summary>Where the service answers.</summary>
    public Uri Service => new(_app.Urls.First());

    /// <summary>Where it is connected to HubSpot.</summary>
    public Uri ConnectPage => new(Service, "oauth/start");

    public IBus Bus => _app.Services.GetRequiredService<IBus>();

    public Inbox Inbox => _app.Services.GetRequiredService<Inbox>();

    /// <summary>Cancelled when somebody asks it to end, as with Ctrl-C.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Starts everything; null when the service could not, which it has then said.</summary>
    public static async Task<SandboxHost?> StartAsync(SandboxOptions options, CancellationToken stopping)
    {
        HttpClient.DefaultProxy = new WebProxy(); // Nothing here goes further than this process.
        var redis = await EmbeddedRedis.StartAsync();
        var hubSpot = await FreePort.UseAsync(5080, port =>
            EmulatorServer.StartAsync(new() { Port = port, Settings = { RateLimit = options.NoLimit ? null : 110 } }, stopping));
        var app = await FreePort.UseAsync(5100, port => StartServiceAsync(redis, hubSpot, port, stopping));
        if (app is not null)
            return new(redis, hubSpot, app, stopping);

        await hubSpot.DisposeAsync();
        redis.Dispose();
        return null;
    }

    /// <summary>Walks the OAuth flow over HTTP, in place of a person's two clicks.</summary>
    public async Task ConnectAsync()
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var start = await browser.GetAsync(ConnectPage, Stopping);
        if (start.Headers.Location is not { } consentPage)
            throw new InvalidOperationException($"The OAuth flow did not start: {start.StatusCode}.");
        var query = HttpUtility.ParseQueryString(consentPage.Query);
        using var consent = new FormUrlEncodedContent(
        [
            .. query.AllKeys.Select(key => KeyValuePair.Create(key!, query[key]!)), new("portal_id", Portal), new("decision", "approve"),
        ]);
        using var approved = await browser.PostAsync(new Uri(HubSpot.BaseAddress, "oauth/authorize"), consent, Stopping);
        using var returned = await browser.GetAsync(approved.Headers.Location, Stopping);
        using var connected = await browser.GetAsync(new Uri(approved.Headers.Location!, returned.Headers.Location!), Stopping);
        if (connected.StatusCode != HttpStatusCode.OK)
            throw new InvalidOperationException($"The OAuth flow ended with {connected.StatusCode}.");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await HubSpot.DisposeAsync();
        _redis.Dispose();
    }

    private static async Task<WebApplication?> StartServiceAsync(EmbeddedRedis redis, EmulatorServer hubSpot, int port, CancellationToken stopping)
    {
        var app = Build(redis, hubSpot, $"http://localhost:{port}");
        try
        {
            if (await app.CheckSettingsAsync())
            {
                app.MapHubSpotMessaging();
                await app.StartAsync(stopping);
                return app;
            }
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        await app.DisposeAsync();
        return null;
    }

    private static WebApplication Build(EmbeddedRedis redis, EmulatorServer hubSpot, string address)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "HubSpotMessaging.Service", EnvironmentName = "Development" });
        builder.Configuration.Sources.Clear(); // What is set for a real installation has no place here.
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = address,
            ["ConnectionStrings:Redis"] = redis.Configuration,
            ["HubSpot:ClientId"] = new EmulatorOptions().ClientId,
            ["HubSpot:ClientSecret"] = new EmulatorOptions().ClientSecret,
            ["HubSpot:RedirectUri"] = $"{address}/oauth/callback",
            ["HubSpot:ApiBaseUrl"] = hubSpot.BaseAddress.AbsoluteUri,
            ["HubSpot:AuthorizeUrl"] = new Uri(ForBrowsers(hubSpot.BaseAddress), "oauth/authorize").AbsoluteUri,
            ["HubSpot:RequestTimeout"] = "00:00:05", // What was not answered is waited for until it cannot land any more; nobody watches that for long.
            ["HubSpot:Workflows:welcome"] = "flow:585051946",
            ["Delivery:MaximumWait"] = "00:00:02", // Nobody wants to watch a contact not come for a day.
            ["Logging:LogLevel:Default"] = "Critical", // What goes wrong on purpose is told by the table.
            ["Logging:LogLevel:MassTransit"] = "None", // Complains of what an interruption interrupts.
            ["Logging:LogLevel:HubSpotMessaging.HubSpot.Authorization"] = "None",
        });
        builder.Services.AddSingleton<IHostLifetime, GuestLifetime>();
        builder.Services.AddSingleton<Inbox>();
        builder.AddHubSpotMessaging(bus =>
        {
            bus.AddConsumer<Subscriber>();
            bus.UsingInMemory((context, memory) =>
            {
                // What RabbitMQ does with a message that is given back, the in-memory bus does not.
                memory.UseDelayedRedelivery(again =>
                {
                    again.Handle<DeliveryPostponedException>();
                    again.Interval(100_000, TimeSpan.FromSeconds(1)); // A day of it.
                });
                memory.ConfigureCommandQueues(context);
                memory.ReceiveEndpoint("sandbox", queue => queue.ConfigureConsumer<Subscriber>(context));
            });
        });
        return builder.Build();
    }

    private static Uri ForBrowsers(Uri address) => new UriBuilder(address) { Host = "localhost" }.Uri;
}
