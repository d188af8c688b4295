using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Authorization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;
using Fault = HubSpotMessaging.Emulator.Fault;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>Several token keepers, as several replicas have them, on one real Redis and one HubSpot that rotates refresh tokens.</summary>
public sealed class AuthorizationTests(Servers servers) : IAsyncLifetime
{
    private const string TokenEndpoint = "/oauth/*/token";

    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly List<ServiceProvider> _replicas = [];
    private readonly RecordedEvents _events = new();
    private EmulatorServer _hubSpot = null!;
    private ConnectionMultiplexer _redis = null!;

    public async ValueTask InitializeAsync()
    {
        _hubSpot = await EmulatorServer.StartAsync(new EmulatorOptions { TimeProvider = _clock, Settings = { RotateRefreshTokens = true, RateLimit = null } });
        _redis = await ConnectionMultiplexer.ConnectAsync($"{servers.Redis},allowAdmin=true");
        foreach (var server in _redis.GetServers())
            await server.FlushDatabaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            await replica.DisposeAsync();
        await _redis.DisposeAsync();
        await _hubSpot.DisposeAsync();
    }

    [Fact]
    public async Task Many_callers_on_several_replicas_make_one_refresh()
    {
        await GrantAsync();
        var (one, two) = (Replica(), Replica());
        var first = await one.GetAsync(CancellationToken.None);
        await two.GetAsync(CancellationToken.None);
        _clock.Advance(TimeSpan.FromMinutes(31)); // Past the end, so that nobody can go on with the old one.
        var held = _hubSpot.Faults.Add(new Fault { Kind = FaultKind.Hold, Match = new() { Path = TokenEndpoint } });

        var callers = Enumerable.Range(0, 100).Select(number => (number % 2 == 0 ? one : two).GetAsync(CancellationToken.None).AsTask()).ToList();
        await held.WhenHitAsync();
        _hubSpot.Faults.Clear();
        var tokens = await PassTimeUntilAsync(Task.WhenAll(callers));

        tokens.Select(token => token.AccessToken.Value).Distinct().ShouldHaveSingleItem().ShouldNotBe(first.AccessToken.Value);
        Refreshes().ShouldBe(1);
        _events.Refreshed.ShouldHaveSingleItem().Generation.ShouldBe(2);
        ((string?)await _redis.GetDatabase().StringGetAsync(TokenStore.RefreshTokenKey)).ShouldBe(tokens[0].RefreshToken.Value);
    }

    [Fact]
    public async Task The_token_is_replaced_ahead_of_its_end_and_not_before()
    {
        await GrantAsync();
        var keeper = Replica();

        _clock.Advance(TimeSpan.FromMinutes(22));
        await keeper.GetAsync(CancellationToken.None);
        Refreshes().ShouldBe(0);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await keeper.GetAsync(CancellationToken.None);
        Refreshes().ShouldBe(1);
    }

    [Fact]
    public async Task Ahead_of_time_a_replica_does_not_wait_for_the_one_that_refreshes()
    {
        await GrantAsync();
        var (one, two) = (Replica(), Replica());
        _clock.Advance(TimeSpan.FromMinutes(25));
        var held = _hubSpot.Faults.Add(new Fault { Kind = FaultKind.Hold, Match = new() { Path = TokenEndpoint } });
        var refreshing = one.GetAsync(CancellationToken.None).AsTask();
        await held.WhenHitAsync();

        (await two.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);

        _hubSpot.Faults.Clear();
        (await refreshing).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task A_caller_that_gives_up_takes_nobody_with_it()
    {
        await GrantAsync();
        var keeper = Replica();
        _clock.Advance(TimeSpan.FromMinutes(31));
        var held = _hubSpot.Faults.Add(new Fault { Kind = FaultKind.Hold, Match = new() { Path = TokenEndpoint } });
        using var impatience = new CancellationTokenSource();
        var impatient = keeper.GetAsync(impatience.Token).AsTask();
        var patient = keeper.GetAsync(CancellationToken.None).AsTask();
        await held.WhenHitAsync();

        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => impatient);
        _hubSpot.Faults.Clear();

        (await patient).Generation.ShouldBe(2);
        Refreshes().ShouldBe(1);
    }

    [Fact]
    public async Task A_dead_grant_is_told_once_for_all_replicas_and_ends_with_a_new_one()
    {
        await GrantAsync();
        var (one, two) = (Replica(), Replica());
        await one.GetAsync(CancellationToken.None);
        _hubSpot.Revoke(Installation.Portal);
        _clock.Advance(TimeSpan.FromMinutes(31));

        await Should.ThrowAsync<AuthorizationUnavailableException>(() => one.GetAsync(CancellationToken.None).AsTask());
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => two.GetAsync(CancellationToken.None).AsTask());
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => one.GetAsync(CancellationToken.None).AsTask());

        _events.Required.ShouldBe([(AuthorizationLoss.Revoked, Installation.Portal)]);
        Refreshes().ShouldBe(1); // HubSpot is not asked again and again with a dead token.

        await GrantAsync();
        (await two.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task A_fresh_installation_says_once_that_it_waits()
    {
        var (one, two) = (Replica(), Replica());

        await Should.ThrowAsync<AuthorizationUnavailableException>(() => one.GetAsync(CancellationToken.None).AsTask());
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => two.GetAsync(CancellationToken.None).AsTask());

        _events.Required.ShouldBe([(AuthorizationLoss.NotYetAuthorized, null)]);
    }

    [Fact]
    public async Task A_wrong_client_secret_is_no_revocation_and_heals_by_itself()
    {
        await GrantAsync();
        var keeper = Replica();
        _clock.Advance(TimeSpan.FromMinutes(31));
        _hubSpot.Faults.Add(new Fault
        {
            Kind = FaultKind.Status,
            Status = 400,
            Match = new() { Path = TokenEndpoint },
            Body = System.Text.Json.JsonSerializer.SerializeToElement(new { error = "invalid_client", error_description = "no", status = "BAD_CLIENT_SECRET", message = "no" }),
        });

        await Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.GetAsync(CancellationToken.None).AsTask());
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.GetAsync(CancellationToken.None).AsTask());
        _events.Required.ShouldBe([(AuthorizationLoss.ClientRejected, Installation.Portal)]);
        Refreshes().ShouldBe(1);

        _hubSpot.Faults.Clear();
        _clock.Advance(TimeSpan.FromMinutes(2));
        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Theory]
    [InlineData(FaultKind.RateLimited, null)]
    [InlineData(FaultKind.Status, 503)]
    [InlineData(FaultKind.Html, 502)]
    [InlineData(FaultKind.Reset, null)]
    [InlineData(FaultKind.Status, 400)]
    public async Task A_passing_trouble_is_no_loss_and_the_old_token_serves_while_it_lives(FaultKind kind, int? status)
    {
        await GrantAsync();
        var keeper = Replica();
        _clock.Advance(TimeSpan.FromMinutes(25));
        _hubSpot.Faults.Add(new Fault { Kind = kind, Status = status, Match = new() { Path = TokenEndpoint } });

        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);
        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);
        Refreshes().ShouldBe(1); // Not at every request.
        _events.Required.ShouldBeEmpty();

        _hubSpot.Faults.Clear();
        _clock.Advance(TimeSpan.FromMinutes(1));
        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task A_late_refresh_does_not_overwrite_a_new_connection()
    {
        await GrantAsync();
        var keeper = Replica();
        _clock.Advance(TimeSpan.FromMinutes(31));
        var held = _hubSpot.Faults.Add(new Fault { Kind = FaultKind.Hold, Match = new() { Path = TokenEndpoint } });
        var refreshing = keeper.GetAsync(CancellationToken.None).AsTask();
        await held.WhenHitAsync();

        var granted = await GrantAsync();
        _hubSpot.Faults.Clear();

        (await refreshing).RefreshToken.ShouldBe(granted.RefreshToken);
        ((string?)await _redis.GetDatabase().StringGetAsync(TokenStore.RefreshTokenKey)).ShouldBe(granted.RefreshToken.Value);
    }

    [Fact]
    public async Task Tokens_put_there_by_hand_are_taken()
    {
        var keeper = Replica();
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.GetAsync(CancellationToken.None).AsTask());
        var pair = _hubSpot.Grant(Installation.Portal);
        var redis = _redis.GetDatabase();
        await redis.StringSetAsync("hs_access_token", pair.AccessToken);
        await redis.StringSetAsync("hs_refresh_token", pair.RefreshToken);
        await redis.StringSetAsync("hs_access_token_expiry", "1800");
        await redis.StringSetAsync("hs_access_token_generation_time", _clock.GetUtcNow().ToUnixTimeSeconds());

        (await keeper.GetAsync(CancellationToken.None)).AccessToken.Value.ShouldBe(pair.AccessToken);
        _clock.Advance(TimeSpan.FromMinutes(25));
        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);
    }

    [Fact]
    public async Task Tokens_of_another_account_than_the_configured_one_are_never_used()
    {
        await GrantAsync();
        var keeper = Replica(portalId: Installation.OtherPortal);

        await Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.GetAsync(CancellationToken.None).AsTask());

        Refreshes().ShouldBe(0);
    }

    [Fact]
    public async Task A_lease_is_given_back_by_its_owner_only()
    {
        var store = new TokenStore(_redis);
        (await store.TryLeaseAsync("one", TimeSpan.FromMinutes(1))).ShouldBeTrue();
        (await store.TryLeaseAsync("two", TimeSpan.FromMinutes(1))).ShouldBeFalse();
        await store.ReleaseAsync("two");
        (await store.TryLeaseAsync("two", TimeSpan.FromMinutes(1))).ShouldBeFalse();
        await store.ReleaseAsync("one");
        (await store.TryLeaseAsync("two", TimeSpan.FromMinutes(1))).ShouldBeTrue();
    }

    private int Refreshes() => _hubSpot.Calls.Count(call => call.Path.EndsWith("/token", StringComparison.Ordinal));

    private async Task<TokenSet> GrantAsync()
    {
        var pair = _hubSpot.Grant(Installation.Portal);
        return await new TokenStore(_redis).GrantAsync(new()
        {
            AccessToken = new(pair.AccessToken),
            RefreshToken = new(pair.RefreshToken),
            Lifetime = TimeSpan.FromSeconds(pair.ExpiresIn),
            GeneratedAt = _clock.GetUtcNow(),
            PortalId = Installation.Portal,
        });
    }

    private async Task<T> PassTimeUntilAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100)); // For those who poll.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        return await task;
    }

    private TokenKeeper Replica(long portalId = Installation.Portal)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("HubSpot:ClientId", "emulator-client"), new("HubSpot:ClientSecret", Installation.ClientSecret),
            new("HubSpot:PortalId", portalId.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new("HubSpot:RedirectUri", "http://localhost/oauth/callback"), new("HubSpot:ApiBaseUrl", _hubSpot.BaseAddress.AbsoluteUri),
        ]).Build());
        services.AddSingleton<TimeProvider>(_clock);
        services.AddSingleton<IHostApplicationLifetime, ApplicationLifetime>();
        services.AddSingleton<IConnectionMultiplexer>(ConnectionMultiplexer.Connect(servers.Redis));
        services.AddSingleton<IAuthorizationEvents>(_events);
        services.AddHubSpot();
        var replica = services.BuildServiceProvider();
        _replicas.Add(replica);
        return replica.GetRequiredService<TokenKeeper>();
    }

    private sealed class RecordedEvents : IAuthorizationEvents
    {
        public List<TokenSet> Refreshed { get; } = [];

        public List<(AuthorizationLoss Loss, long? PortalId)> Required { get; } = [];

        public Task RefreshedAsync(TokenSet tokens, CancellationToken cancellationToken)
        {
            lock (Refreshed)
                Refreshed.Add(tokens);
            return Task.CompletedTask;
        }

        public Task RequiredAsync(AuthorizationLoss loss, long? portalId, CancellationToken cancellationToken)
        {
            lock (Required)
                Required.Add((loss, portalId));
            return Task.CompletedTask;
        }
    }
}
