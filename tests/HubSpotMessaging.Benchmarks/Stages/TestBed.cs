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

    /// <summary>Makes everything new: a virtual host without queues, an empty Redis, a HubSpot that knows nobody.</summary>
    public async Task<Stage> PrepareAsync(StageSettings settings, CancellationToken cancellationToken)
    {
        await _hubSpot.ResetAsync(cancellationToken);
        await _hubSpot.SetAsync(new { rateLimit = settings.RateLimit, latencyMilliseconds = settings.Latency });
        foreach (var server in _redis.GetServers())
            await server.FlushDatabaseAsync();
        return await Stage.OpenAsync(
            settings, await FreshVirtualHostAsync(cancellationToken), _servers.RedisConfiguration, _redis.GetDatabase(), _hubSpot, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _hubSpot.Dispose();
        await _emulator.DisposeAsync();
        await _redis.DisposeAsync();
        await _servers.DisposeAsync();
    }

    private async Task<VirtualHost> FreshVirtualHostAsync(CancellationToken cancellationToken)
    {
        if (_servers.RabbitMq.CanCreateVirtualHosts)
        {
            var name = $"stage-{++_stages}";
            return new(
                await _servers.RabbitMq.CreateVirtualHostAsync(name, cancellationToken),
                () => _servers.RabbitMq.ControlAsync(["delete_vhost", name], CancellationToken.None));
        }

        return new(_servers.RabbitMqUri, () => DeleteQueuesAsync(_servers.RabbitMqUri));
    }

    private static async Task DeleteQueuesAsync(string uri)
    {
        await using var bus = await AmqpClient.ConnectAsync(uri);
        await bus.DeleteQueuesAsync();
    }
}

/// <summary>A virtual host, and how to be rid of it with all that waits there.</summary>
internal sealed record VirtualHost(string Uri, Func<Task> DeleteAsync);
