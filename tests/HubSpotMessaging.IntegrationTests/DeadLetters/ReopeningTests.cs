using HubSpotMessaging.HubSpot;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.DeadLetters;
using HubSpotMessaging.Service.Startup;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>The reader in this process, over the real RabbitMQ and Redis, with a clock that the test sets.</summary>
public sealed class ReopeningTests(Servers servers) : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private IConnectionMultiplexer _redis = null!;
    private string _broker = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await servers.FreshVirtualHostAsync();
        _redis = await ConnectionMultiplexer.ConnectAsync($"{servers.Redis},allowAdmin=true");
        foreach (var server in _redis.GetServers())
            await server.FlushDatabaseAsync();
    }

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Every_quarter_of_an_hour_all_are_given_back_and_read_anew_and_the_index_with_them()
    {
        await DeclareQueuesAsync();
        await using var errors = await ErrorQueue.ConnectAsync(_broker);
        await errors.FillAsync(200);
        var index = new DeadLetterIndex(_redis);
        var depths = new QueueDepths(_redis);
        var requests = new DeadLetterRequests(_redis, _clock, NullLogger<DeadLetterRequests>.Instance);
        using var changes = new StateChanges(_redis, _clock);
        using var reader = new DeadLetterReader(
            new ReaderLease(_redis, _clock),
            index,
            requests,
            new DeadLetterActions(index, requests, _clock, NullLogger<DeadLetterActions>.Instance),
            depths,
            changes,
            Options.Create(new ServerOptions { RabbitMq = _broker }),
            Options.Create(new DeadLetterOptions()),
            _clock,
            NullLogger<DeadLetterReader>.Instance);
        await reader.StartAsync(CancellationToken.None);
        await PassUntilAsync(async () => await index.CountAsync() == 200);
        var before = await index.FindAsync(new(), after: null, 200, newestFirst: false);
        DeadLetterId.TryParse(before[0], out var first).ShouldBeTrue();
        await requests.AddAsync(new() { Action = DeadLetterAction.Discard, Selection = new() { Ids = [first] } });
        await PassUntilAsync(async () => await index.CountAsync() == 199 && await requests.NextAsync() is null);

        // What the index holds can be thrown away at any time.
        await foreach (var key in _redis.GetServers().Single().KeysAsync(_redis.GetDatabase().Database, "hubspot:dead-letters:[acge]*"))
            await _redis.GetDatabase().KeyDeleteAsync(key);
        await PassAsync(TimeSpan.FromMinutes(14));
        for (var second = 0; second < 5; second++)
            await PassAsync(TimeSpan.FromSeconds(1));
        (await index.CountAsync()).ShouldBe(0); // Nothing is read anew before its time.
        await PassAsync(TimeSpan.FromMinutes(1));
        await PassUntilAsync(async () =>
        {
            (await depths.ReadAsync()).Sum(queue => queue.DeadLetters).ShouldBe(199); // Also while not all are here again.
            return await index.CountAsync() == 199;
        });

        (await index.FindAsync(new(), after: null, 200, newestFirst: false)).ShouldBe(before.Skip(1));
        (await index.GroupsAsync()).Select(group => group.Count).ShouldBe([199]);
        var stopped = reader.StopAsync(CancellationToken.None);
        await PassUntilAsync(() => Task.FromResult(stopped.IsCompleted));
        await stopped;
        (await errors.BodiesAsync()).ShouldBe(Enumerable.Range(1, 199).Select(number => ErrorQueue.Body(number)));
    }

    /// <summary>Those of the service, which is not here.</summary>
    private async Task DeclareQueuesAsync()
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(_broker) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var queue in CommandQueues.All.SelectMany(queue => (string[])[queue, CommandQueues.DeadLetters(queue)]))
            await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
    }

    private async Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System); // For those whom it wakes.
    }

    private Task PassUntilAsync(Func<Task<bool>> isSo) => Eventually.BecomesTrueAsync(
        async () =>
        {
            await PassAsync(TimeSpan.FromMilliseconds(100));
            return await isSo();
        },
        "what is waited for");
}
