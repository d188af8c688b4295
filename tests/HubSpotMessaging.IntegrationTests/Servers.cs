using HubSpotMessaging.IntegrationTests;
using HubSpotMessaging.Testing;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(Servers))]
[assembly: Parallelization(Mode = ParallelMode.None)] // The servers, and two cores, are shared.

namespace HubSpotMessaging.IntegrationTests;

/// <summary>The real RabbitMQ and the real Redis of this run.</summary>
public sealed class Servers : IAsyncLifetime
{
    private readonly Queue<string> _virtualHosts = [];
    private TestServers? _servers;
    private int _made;

    internal RabbitMqTestServer RabbitMq => _servers!.RabbitMq;

    internal string Redis => _servers!.RedisConfiguration;

    internal RedisTestServer RedisServer => _servers!.Redis;

    /// <summary>Others, for one test alone, which may stop and kill them.</summary>
    internal static async Task<Servers> StartOwnAsync(ServerCertificate? certificate = null) =>
        new() { _servers = await TestServers.StartOwnAsync(certificate) };

    public async ValueTask InitializeAsync()
    {
        _servers = await TestServers.StartAsync();
        TestContext.Current.SendDiagnosticMessage("RabbitMQ and Redis: {0}", _servers.Origin);
    }

    public ValueTask DisposeAsync() => _servers?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A virtual host without queues; on a broker that is not ours, its own one with our queues deleted.</summary>
    internal async Task<string> FreshVirtualHostAsync()
    {
        if (RabbitMq.CanCreateVirtualHosts)
        {
            if (_virtualHosts.Count == 0)
            {
                foreach (var uri in await RabbitMq.CreateVirtualHostsAsync([.. Enumerable.Range(0, 10).Select(_ => $"test-{++_made}")]))
                    _virtualHosts.Enqueue(uri);
            }

            return _virtualHosts.Dequeue();
        }

        await using var bus = await AmqpClient.ConnectAsync(RabbitMq.Uri);
        await bus.DeleteQueuesAsync();
        return RabbitMq.Uri;
    }
}
