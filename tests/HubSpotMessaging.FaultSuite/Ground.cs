using System.Globalization;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;
using HubSpotMessaging.Testing.Servers;
using StackExchange.Redis;

namespace HubSpotMessaging.FaultSuite;

/// <summary>What one scenario happens on: everything of it is new, and gone afterwards.</summary>
internal sealed class Ground : IAsyncDisposable
{
    public const long Portal = 1234567;
    private const int Replicas = 3;

    private readonly List<Replica> _replicas = [];

    private Ground(RabbitMqTestServer rabbitMq, LocalRedis redis, EmulatorServer hubSpot, AmqpClient bus) =>
        (RabbitMq, Redis, HubSpot, Bus) = (rabbitMq, redis, hubSpot, bus);

    public RabbitMqTestServer RabbitMq { get; }

    public LocalRedis Redis { get; }

    public int RedisPort => int.Parse(Redis.Address.Split(':')[1], CultureInfo.InvariantCulture);

    public EmulatorServer HubSpot { get; }

    public AmqpClient Bus { get; }

    public IReadOnlyList<Replica> All => _replicas;

    /// <summary>Where redis-server is.</summary>
    public static string RedisProgram => LocalProcess.Find("redis-server") ?? throw new TestServerException("There is no redis-server.");

    /// <summary>What was found not to be as it should.</summary>
    public List<string> Wrong { get; } = [];

    /// <summary>What a scenario has started besides.</summary>
    public List<IAsyncDisposable> Besides { get; } = [];

    /// <summary>Started, and connected to HubSpot.</summary>
    public static async Task<Ground> OpenAsync(Lay lay)
    {
        var starting = RabbitMqTestServer.StartOwnAsync();
        var hubSpot = await EmulatorServer.StartAsync(new EmulatorOptions { Settings = { RateLimit = lay.RateLimit, LatencyMilliseconds = 20 } });
        hubSpot.AddContact(Portal, new Dictionary<string, string> { ["email"] = Order.Ada });
        var redis = await StartRedisAsync(lay.RedisDirectory is { } directory ? ["--dir", directory] : []);
        var rabbitMq = await starting;
        var bus = await AmqpClient.ConnectAsync(rabbitMq.Uri);
        await bus.SubscribeAsync("ledger");

        var ground = new Ground(rabbitMq, redis, hubSpot, bus);
        try
        {
            var configuration = lay.Sentinel is null ? null : await lay.Sentinel(ground);
            await ground.PutTokensAsync();
            await Task.WhenAll(Enumerable.Range(0, Replicas).Select(number => ground.AddReplicaAsync(configuration, lay.ReplicaEnvironment?.Invoke(number))));
            return ground;
        }
        catch
        {
            await ground.DisposeAsync();
            throw;
        }
    }

    /// <summary>A Redis as compose runs it: every change is on the disk before it is answered.</summary>
    public static async Task<LocalRedis> StartRedisAsync(params string[] arguments)
    {
        var redis = new LocalRedis(
            RedisProgram, ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", .. arguments]);
        await redis.StartAsync(CancellationToken.None);
        return redis;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            await replica.DisposeAsync();
        foreach (var besides in Besides)
            await besides.DisposeAsync();
        await Bus.DisposeAsync();
        await Redis.DisposeAsync();
        await HubSpot.DisposeAsync();
        await RabbitMq.DisposeAsync();
    }

    private async Task AddReplicaAsync(string? redisConfiguration, IReadOnlyDictionary<string, string>? environment)
    {
        var broker = new Uri(RabbitMq.Uri);
        var rabbitMq = TcpProxy.Start(broker.Host, broker.Port);
        var redis = TcpProxy.Start("127.0.0.1", RedisPort);
        var hubSpot = TcpProxy.Start(HubSpot.BaseAddress.Host, HubSpot.BaseAddress.Port);
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePorts.Next()}");
        var settings = new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = address,
            ["ConnectionStrings__RabbitMq"] = new UriBuilder(broker) { Host = "127.0.0.1", Port = rabbitMq.Port }.Uri.AbsoluteUri,
            ["ConnectionStrings__Redis"] = redisConfiguration ?? string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{redis.Port}"),
            ["HubSpot__ClientId"] = "emulator-client",
            ["HubSpot__ClientSecret"] = "emulator-secret",
            ["HubSpot__PortalId"] = Portal.ToString(CultureInfo.InvariantCulture),
            ["HubSpot__RedirectUri"] = $"{address}/oauth/callback",
            ["HubSpot__ApiBaseUrl"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{hubSpot.Port}"),
            ["HubSpot__AuthorizeUrl"] = new Uri(HubSpot.BaseAddress, "oauth/authorize").AbsoluteUri,
            ["HubSpot__RequestTimeout"] = "00:00:05",
            ["Delivery__PauseAtRejections"] = "100",
            ["DeadLetters__Read"] = "false", // They are counted in their queues.
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            settings[name] = value;

        var replica = new Replica(settings, rabbitMq, redis, hubSpot);
        lock (_replicas)
            _replicas.Add(replica);
        await replica.StartAsync();
    }

    /// <summary>As somebody does by hand; the service takes them up.</summary>
    private async Task PutTokensAsync()
    {
        var tokens = HubSpot.Grant(Portal);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Redis.Address);
        await redis.GetDatabase().StringSetAsync(
        [
            new("hs_access_token", tokens.AccessToken),
            new("hs_refresh_token", tokens.RefreshToken),
            new("hs_access_token_expiry", tokens.ExpiresIn),
            new("hs_access_token_generation_time", TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()),
        ]);
    }
}

/// <summary>How a ground is laid out.</summary>
internal sealed record Lay
{
    /// <summary>Of HubSpot, in ten seconds.</summary>
    public int RateLimit { get; init; } = 1_000;

    /// <summary>Where Redis keeps its files.</summary>
    public string? RedisDirectory { get; init; }

    public Func<int, IReadOnlyDictionary<string, string>?>? ReplicaEnvironment { get; init; }

    /// <summary>Puts sentinels over the Redis, and tells how to find it through them.</summary>
    public Func<Ground, Task<string>>? Sentinel { get; init; }
}
