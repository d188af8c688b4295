using System.Globalization;
using System.Text.Json;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;
using Fault = HubSpotMessaging.Emulator.Fault;

namespace HubSpotMessaging.IntegrationTests.Authorization;

/// <summary>
/// Several replicas in this process, each with its own connection to one real Redis, over one HubSpot that rotates refresh tokens; with
/// one clock that a test sets.
/// </summary>
internal sealed class Replicas : IAsyncDisposable
{
    private const string TokenEndpoint = "/oauth/*/token";

    private readonly List<ServiceProvider> _all = [];
    private readonly string _redis;

    private Replicas(string redis, EmulatorServer hubSpot, IConnectionMultiplexer connection, FakeTimeProvider clock) =>
        (_redis, HubSpot, Redis, Clock) = (redis, hubSpot, connection.GetDatabase(), clock);

    public FakeTimeProvider Clock { get; }

    public EmulatorServer HubSpot { get; }

    public IDatabase Redis { get; }

    public static async Task<Replicas> StartAsync(string redis)
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var hubSpot = await EmulatorServer.StartAsync(new EmulatorOptions { TimeProvider = clock, Settings = { RotateRefreshTokens = true, RateLimit = 1_000_000 } });
        var connection = await ConnectionMultiplexer.ConnectAsync($"{redis},allowAdmin=true");
        foreach (var server in connection.GetServers())
            await server.FlushDatabaseAsync();
        return new(redis, hubSpot, connection, clock);
    }

    /// <summary>One more replica, with hosted services that do not run unless they are started.</summary>
    public ServiceProvider Add(string? redis = null, params (string Key, string? Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("HubSpot:ClientId", "emulator-client"), new("HubSpot:ClientSecret", Installation.ClientSecret),
            new("HubSpot:RedirectUri", "http://localhost/oauth/callback"), new("HubSpot:ApiBaseUrl", HubSpot.BaseAddress.AbsoluteUri),
        ]).AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))).Build());
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(redis ?? _redis));
        services.AddHubSpot();
        var replica = services.BuildServiceProvider();
        _all.Add(replica);
        return replica;
    }

    public TokenKeeper AddKeeper(params (string Key, string? Value)[] settings) => Add(null, settings).GetRequiredService<TokenKeeper>();

    /// <summary>Starts what runs in the background of a replica.</summary>
    public static async Task StartAsync(ServiceProvider replica)
    {
        foreach (var service in replica.GetServices<IHostedService>())
            await service.StartAsync(CancellationToken.None);
    }

    /// <summary>A person connects, at a replica that nobody else knows of.</summary>
    public Task<TokenSet> GrantAsync(long portal = Installation.Portal) => GrantAsync(AddKeeper(), portal);

    public async Task<TokenSet> GrantAsync(TokenKeeper keeper, long portal = Installation.Portal) =>
        (await TryGrantAsync(keeper, portal)).ShouldNotBeNull();

    public Task<TokenSet?> TryGrantAsync(TokenKeeper keeper, long portal)
    {
        var pair = HubSpot.Grant(portal);
        return keeper.GrantAsync(
            new() { AccessToken = new(pair.AccessToken), RefreshToken = new(pair.RefreshToken), ExpiresIn = pair.ExpiresIn }, portal, pair.Scopes);
    }

    /// <summary>Tokens as somebody puts them there with redis-cli.</summary>
    public async Task PutByHandAsync(TokenPair pair)
    {
        await Redis.StringSetAsync("hs_access_token", pair.AccessToken);
        await Redis.StringSetAsync("hs_refresh_token", pair.RefreshToken);
        await Redis.StringSetAsync("hs_access_token_expiry", pair.ExpiresIn);
        await Redis.StringSetAsync("hs_access_token_generation_time", Clock.GetUtcNow().ToUnixTimeSeconds());
    }

    public async Task<string?> StoredRefreshTokenAsync() => await Redis.StringGetAsync(TokenStore.RefreshTokenKey);

    /// <summary>What has been told so far; nobody publishes it here.</summary>
    public async Task<IReadOnlyList<Announcement>> ToldAsync() =>
        [.. (await Redis.ListRangeAsync(Outbox.Key)).Select(text => JsonSerializer.Deserialize<Announcement>((string)text!)!)];

    public async Task<IReadOnlyList<string>> KindsToldAsync() => [.. (await ToldAsync()).Select(told => told.GetType().Name)];

    public async Task<bool> IsLineOpenAsync() => !await Redis.KeyExistsAsync(LineStore.Key);

    /// <summary>Time goes by here, at HubSpot, and in Redis, whose clock nobody can set.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        Clock.Advance(time);
        foreach (var key in (string[])[TokenStore.LeaseKey, TokenStore.PauseKey])
            if (await Redis.KeyTimeToLiveAsync(key) is { } left)
                await Redis.KeyExpireAsync(key, left > time ? left - time : TimeSpan.Zero);
        foreach (var attempt in await Redis.SortedSetRangeByScoreWithScoresAsync(TokenStore.AttemptsKey))
            await Redis.SortedSetAddAsync(TokenStore.AttemptsKey, attempt.Element, attempt.Score - time.TotalMilliseconds);
    }

    /// <summary>Lets a little time go by again and again, for those who poll.</summary>
    public async Task<T> PassTimeUntilAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(50)); // Not so fast that a request on a busy machine takes too long.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        return await task;
    }

    public ActiveFault FailTokenEndpoint(FaultKind kind, int? status = null, int? retryAfter = null, int? times = null) =>
        HubSpot.Faults.Add(new Fault { Kind = kind, Status = status, RetryAfter = retryAfter, Times = times, Match = new() { Path = TokenEndpoint } });

    /// <summary>By RFC 6749's error, by the older word of HubSpot's, or by both as HubSpot does since 2026.</summary>
    public ActiveFault RefuseTokenEndpoint(string? error, string? status) => HubSpot.Faults.Add(new Fault
    {
        Kind = FaultKind.Status,
        Status = 400,
        Match = new() { Path = TokenEndpoint },
        Body = JsonSerializer.SerializeToElement(new { error, error_description = error is null ? null : "no", status, message = "no" }),
    });

    /// <summary>There are no tokens to be had at this replica.</summary>
    public static Task ShouldBeUnavailableAsync(TokenKeeper keeper) =>
        Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.GetAsync(CancellationToken.None).AsTask());

    public int Refreshes => HubSpot.Calls.Count(call => call.Path.EndsWith("/token", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _all)
            await replica.DisposeAsync();
        await Redis.Multiplexer.DisposeAsync();
        await HubSpot.DisposeAsync();
    }

    public static (string Key, string? Value) For(long portal) => ("HubSpot:PortalId", portal.ToString(CultureInfo.InvariantCulture));
}
