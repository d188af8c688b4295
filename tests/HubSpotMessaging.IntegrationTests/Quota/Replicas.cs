using System.Globalization;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using static Microsoft.Extensions.Options.Options;

namespace HubSpotMessaging.IntegrationTests.Quota;

/// <summary>Several replicas' quota in this process, each with its own connection to one real Redis, over one account.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    private readonly List<Replica> _all = [];
    private readonly string _redis;

    private Replicas(string redis, IConnectionMultiplexer connection) => (_redis, Redis) = (redis, connection.GetDatabase());

    public Account Account { get; } = new();

    public IDatabase Redis { get; }

    public double BulkShare { get; set; } = 0.4;

    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    public static async Task<Replicas> StartAsync(string redis)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync($"{redis},allowAdmin=true");
        foreach (var server in connection.GetServers())
            await server.FlushDatabaseAsync();
        return new(redis, connection);
    }

    /// <summary>Another one; it tells the time by the clock that is given.</summary>
    public async Task<Replica> AddAsync(string? redis = null, TimeProvider? clock = null)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(redis ?? _redis);
        await connection.GetSubscriber().PingAsync();
        var store = new QuotaStore(
            connection, Create(new HubSpotOptions { RequestTimeout = RequestTimeout }), Create(new DeliveryOptions { BulkShare = BulkShare }));
        var replica = new Replica(connection, store, Account, clock ?? TimeProvider.System);
        await connection.GetSubscriber().PingAsync(); // Once this is answered, it is subscribed.
        _all.Add(replica);
        return replica;
    }

    /// <summary>One request, which tells what the account allows, and is then gone from its window, in Redis, too, where it ends later.</summary>
    public async Task<Replica> LearnAsync(Replica replica)
    {
        await replica.SendAsync();
        await Eventually.BecomesTrueAsync(async () => Account.Used == 0 && (await replica.Store.ReadAsync())!.Used == 0, "the window is empty");
        return replica;
    }

    /// <summary>What Redis knows.</summary>
    public async Task<double> StateAsync(string field) =>
        double.Parse(((string?)await Redis.HashGetAsync(QuotaStore.StateKey, field))!, CultureInfo.InvariantCulture);

    /// <summary>The time by the server's clock.</summary>
    public async Task<double> NowAsync()
    {
        var time = (RedisResult[])(await Redis.ExecuteAsync("TIME"))!;
        return ((double)time[0] * 1000) + ((double)time[1] / 1000);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _all)
            await replica.DisposeAsync();
        await Redis.Multiplexer.DisposeAsync();
        Account.Dispose();
    }
}

/// <summary>One of them.</summary>
internal sealed class Replica(IConnectionMultiplexer connection, QuotaStore store, Account account, TimeProvider clock) : IAsyncDisposable
{
    public QuotaStore Store => store;

    public QuotaGovernor Governor { get; } = new(store, clock, NullLogger<QuotaGovernor>.Instance);

    public Task<Permit> AcquireAsync(Lane lane = Lane.Interactive, CallKind kind = CallKind.Contacts, bool isFull = false, CancellationToken cancellationToken = default) =>
        Governor.AcquireAsync(new(kind, lane) { IsFull = () => isFull }, cancellationToken);

    /// <summary>Sends with a permit, or without one.</summary>
    public async Task<HttpResponseMessage> SendAsync(Permit? permit = null, CancellationToken cancellationToken = default)
    {
        using var client = new HttpMessageInvoker(
            new QuotaHandler(CallKind.Contacts, Governor, Governor, new AnswerClassifier(clock), clock) { InnerHandler = account }, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://hubspot.example");
        request.Options.Set(new(Permit.Option), permit);
        return await client.SendAsync(request, cancellationToken);
    }

    /// <summary>Waits for a permit, and sends with it.</summary>
    public async Task<HttpResponseMessage> TakeAndSendAsync(Lane lane = Lane.Interactive, CallKind kind = CallKind.Contacts, bool isFull = false) =>
        await SendAsync(await AcquireAsync(lane, kind, isFull));

    public async ValueTask DisposeAsync()
    {
        await Governor.DisposeAsync();
        await connection.DisposeAsync();
    }
}
