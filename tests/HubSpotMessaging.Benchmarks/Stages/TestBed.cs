using HubSpotMessaging.Benchmarks.Reporting;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;
using StackExchange.Redis;

namespace HubSpotMessaging.Benchmarks.Stages;

/// <summary>RabbitMQ, Redis and the emulator, each a process of its own, for the whole run.</summary>
internal sealed class TestBed : IAsyncDisposable
{
    private readonly TestServers _servers;
    private readonly IConnectionMultiplexer _redis;
    private readonly ServiceProcess _emulator;
    private readonly EmulatorClient _hubSpot;
    private int _stages;

    private TestBed(TestServers servers, IConnectionMultiplexer redis, ServiceProcess emulator, EmulatorClient hubSpot, MachineFacts machine)
    {
        (_servers, _redis, _emulator, _hubSpot, Machine) = (servers, redis, emulator, hubSpot, machine);
    }

    public MachineFacts Machine { get; }

    public static async Task<TestBed> StartAsync(CancellationToken cancellationToken)
    {
        var servers = await TestServers.StartAsync(cancellationToken);
        var redis = await ConnectionMultiplexer.ConnectAsync($"{servers.RedisConfiguration},allowAdmin=true");
        var address = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        var emulator = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Emulator"), ["--urls", address.OriginalString]);
        await emulator.WaitForLineAsync(
            line => line.Contains("HubSpot is emulated", StringComparison.Ordinal), TimeSpan.FromMinutes(1), cancellationToken);
        return new(servers, redis, emulator, new EmulatorClient(address), await MachineFacts.ReadAsync(servers, redis));
    }

    /// <summary>Makes everything new for so many stages: an empty Redis, a HubSpot that knows nobody.</summary>
    public async Task PrepareAsync(StageSettings settings, int stages, CancellationToken cancellationToken)
    {
        if (stages > 1 && !_servers.RabbitMq.CanCreateVirtualHosts)
            throw new InvalidOperationException("This needs several virtual hosts, and RABBITMQ_URI names one.");
        await _hubSpot.ResetAsync(cancellationToken);
        await _hubSpot.SetAsync(new { rateLimit = settings.RateLimit, latencyMilliseconds = settings.Latency });
        foreach (var server in _redis.GetServers())
            await server.FlushDatabaseAsync();
    }

    /// <summary>A stage with a virtual host without queues.</summary>
    public async Task<Stage> OpenStageAsync(StageSettings settings, CancellationToken cancellationToken) => await Stage.OpenAsync(
        settings, await FreshVirtualHostAsync(cancellationToken), _servers.RedisConfiguration, _redis.GetDatabase(), _hubSpot, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _hubSpot.Dispose();
        await _emulator.DisposeAsync();
        await _redis.DisposeAsync();
        await _servers.DisposeAsync();
    }

    private async Task<VirtualHost> FreshVirtualHostAsync(CancellationToken cancellationToken)
    {
        var name = $"stage-{++_stages}";
        if (_servers.RabbitMq.CanCreateVirtualHosts)
        {
            return new(
                name,
                await _servers.RabbitMq.CreateVirtualHostAsync(name, cancellationToken),
                () => _servers.RabbitMq.ControlAsync(["delete_vhost", name], CancellationToken.None));
        }

        return new(name, _servers.RabbitMqUri, () => DeleteQueuesAsync(_servers.RabbitMqUri));
    }

    private static async Task DeleteQueuesAsync(string uri)
    {
        await using var bus = await AmqpClient.ConnectAsync(uri);
        await bus.DeleteQueuesAsync();
    }
}

/// <summary>A virtual host, and how to be rid of it with all that waits there.</summary>
/// <param name="Name">Of the stage, and of its virtual host if it was made for it.</param>
/// <param name="Uri">Of the broker, with the virtual host.</param>
/// <param name="DeleteAsync">Deletes it.</param>
internal sealed record VirtualHost(string Name, string Uri, Func<Task> DeleteAsync);
