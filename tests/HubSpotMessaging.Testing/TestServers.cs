namespace HubSpotMessaging.Testing;

/// <summary>
/// The RabbitMQ and the Redis of a test run, each taken from the environment (<c>RABBITMQ_URI</c>, <c>REDIS_URI</c>), else started in
/// Docker, else from the servers installed on this machine. <c>HUBSPOT_TEST_SERVERS=docker|local</c> forces one way.
/// </summary>
public sealed class TestServers : IAsyncDisposable
{
    private TestServers(RabbitMqTestServer rabbitMq, RedisTestServer redis) => (RabbitMq, Redis) = (rabbitMq, redis);

    /// <summary>The broker.</summary>
    public RabbitMqTestServer RabbitMq { get; }

    /// <summary>The Redis.</summary>
    public RedisTestServer Redis { get; }

    /// <summary><c>amqp://user:password@host:port/vhost</c></summary>
    public string RabbitMqUri => RabbitMq.Uri;

    /// <summary>In StackExchange.Redis's own form: <c>host:port,...</c></summary>
    public string RedisConfiguration => Redis.Configuration;

    /// <summary>Where the two come from.</summary>
    public string Origin =>
        RabbitMq.Origin == Redis.Origin ? RabbitMq.Origin : $"{RabbitMq.Origin} / {Redis.Origin}";

    /// <summary>Starts both.</summary>
    /// <exception cref="TestServerException">One cannot be had, or does not start.</exception>
    public static Task<TestServers> StartAsync(CancellationToken cancellationToken = default) =>
        StartAsync(RabbitMqTestServer.StartAsync(cancellationToken), RedisTestServer.StartAsync(cancellationToken));

    /// <summary>Starts both anew, to stop and kill; the Redis writes each change to the disk before it answers.</summary>
    /// <param name="certificate">What both show to whoever connects with TLS; without one nobody can.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="TestServerException">One cannot be had, or does not start.</exception>
    public static Task<TestServers> StartOwnAsync(ServerCertificate? certificate = null, CancellationToken cancellationToken = default) => StartAsync(
        RabbitMqTestServer.StartOwnAsync(certificate, cancellationToken),
        RedisTestServer.StartOwnAsync(["--appendonly", "yes", "--appendfsync", "always"], certificate, cancellationToken));

    private static async Task<TestServers> StartAsync(Task<RabbitMqTestServer> rabbitMq, Task<RedisTestServer> redis)
    {
        try
        {
            await Task.WhenAll(rabbitMq, redis);
            return new TestServers(await rabbitMq, await redis);
        }
        catch
        {
            if (rabbitMq.IsCompletedSuccessfully)
                await (await rabbitMq).DisposeAsync();
            if (redis.IsCompletedSuccessfully)
                await (await redis).DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends what was started here.</summary>
    public async ValueTask DisposeAsync()
    {
        await RabbitMq.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
