using System.Globalization;
using System.Text.Json;
using HubSpotMessaging.Benchmarks.Baselines;
using HubSpotMessaging.Benchmarks.Load;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;
using StackExchange.Redis;

namespace HubSpotMessaging.Benchmarks.Stages;

/// <summary>What one measurement happens on. Everything on it begins new, and is gone afterwards.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private static readonly TimeSpan StartMayTake = TimeSpan.FromMinutes(1);

    private readonly VirtualHost _virtualHost;
    private readonly string _redisConfiguration;
    private readonly IDatabase _redis;
    private readonly List<ServiceProcess> _processes = [];
    private readonly CancellationToken _stop;

    private Stage(
        StageSettings settings,
        VirtualHost virtualHost,
        string redisConfiguration,
        IDatabase redis,
        EmulatorClient hubSpot,
        Grant grant,
        Publisher publisher,
        Outcomes outcomes,
        CancellationToken stop)
    {
        (Settings, _virtualHost, _redisConfiguration, _redis, HubSpot, Grant) = (settings, virtualHost, redisConfiguration, redis, hubSpot, grant);
        (Publisher, Outcomes, _stop) = (publisher, outcomes, stop);
    }

    public StageSettings Settings { get; }

    public EmulatorClient HubSpot { get; }

    /// <summary>The tokens that everybody here has.</summary>
    public Grant Grant { get; }

    public Publisher Publisher { get; }

    public Outcomes Outcomes { get; }

    public Commands Commands => Outcomes.Commands;

    public static async Task<Stage> OpenAsync(
        StageSettings settings, VirtualHost virtualHost, string redisConfiguration, IDatabase redis, EmulatorClient hubSpot, CancellationToken stop)
    {
        var commands = new Commands(settings.Commands, $"{virtualHost.Name}.example.com");
        var publisher = await Publisher.ConnectAsync(virtualHost.Uri, commands, stop);
        var outcomes = await Outcomes.SubscribeAsync(virtualHost.Uri, commands, stop);
        return new(settings, virtualHost, redisConfiguration, redis, hubSpot, await hubSpot.GrantAsync(), publisher, outcomes, stop);
    }

    /// <summary>Starts replicas of the service, and returns when each is connected to everything, HubSpot too.</summary>
    public async Task<Subject> StartServiceAsync(int replicas)
    {
        await PutTokensAsync();
        var started = await Task.WhenAll(Enumerable.Range(0, replicas).Select(_ => StartReplicaAsync()));
        return new Subject(replicas == 1 ? "service" : $"service x{replicas}", started);
    }

    public async Task<Subject> StartBaselineAsync(string kind)
    {
        var options = new BaselineOptions(
            kind,
            _virtualHost.Uri,
            HubSpot.Address,
            Grant.AccessToken,
            Settings.RateLimit == StageSettings.Unlimited ? null : Settings.RateLimit,
            StageSettings.Window);
        var process = ServiceProcess.Start(typeof(Stage).Assembly.Location, [Baseline.Verb, JsonSerializer.Serialize(options)]);
        _processes.Add(process);
        await process.WaitForLineAsync(line => line == Baseline.Ready, StartMayTake, _stop);
        return new Subject(kind, [process]);
    }

    /// <summary>The last that each process wrote.</summary>
    public string LastLines() => string.Join("\n---\n", _processes.Select(process => string.Join('\n', process.Output.TrimEnd().Split('\n').TakeLast(15))));

    public async ValueTask DisposeAsync()
    {
        await Publisher.DisposeAsync();
        await Outcomes.DisposeAsync();
        foreach (var process in _processes)
            await process.DisposeAsync();
        await _virtualHost.DeleteAsync();
    }

    /// <summary>As somebody does by hand; the service takes them up.</summary>
    private Task PutTokensAsync() => _redis.StringSetAsync(
    [
        new("hs_access_token", Grant.AccessToken),
        new("hs_refresh_token", Grant.RefreshToken),
        new("hs_access_token_expiry", Grant.ExpiresIn),
        new("hs_access_token_generation_time", TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()),
    ]);

    private async Task<ServiceProcess> StartReplicaAsync()
    {
        var address = $"http://127.0.0.1:{FreePorts.Next()}";
        var process = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Service"), environment: new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = address,
            ["ConnectionStrings__RabbitMq"] = _virtualHost.Uri,
            ["ConnectionStrings__Redis"] = _redisConfiguration,
            ["HubSpot__ClientId"] = "emulator-client",
            ["HubSpot__ClientSecret"] = "emulator-secret",
            ["HubSpot__PortalId"] = EmulatorClient.Portal.ToString(CultureInfo.InvariantCulture),
            ["HubSpot__RedirectUri"] = $"{address}/oauth/callback",
            ["HubSpot__ApiBaseUrl"] = HubSpot.Address.AbsoluteUri,
            ["HubSpot__AuthorizeUrl"] = new Uri(HubSpot.Address, "oauth/authorize").AbsoluteUri,
            ["Delivery__PauseAtRejections"] = "100", // A hundred bad ones of a hundred are meant to be refused.
        });
        _processes.Add(process);
        await process.WaitForLineAsync(line => line.Contains("Application started", StringComparison.Ordinal), StartMayTake, _stop);
        await BecomeReadyAsync(process, new Uri($"{address}/health/ready"));
        return process;
    }

    private async Task BecomeReadyAsync(ServiceProcess process, Uri readiness)
    {
        using var http = new HttpClient();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var answer = await http.GetAsync(readiness, _stop);
            if (answer.IsSuccessStatusCode)
                return;
            if (TimeProvider.System.GetElapsedTime(started) > StartMayTake)
                throw new TimeoutException($"A replica does not become ready: {await answer.Content.ReadAsStringAsync(_stop)}\n{process.Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, _stop);
        }
    }
}
