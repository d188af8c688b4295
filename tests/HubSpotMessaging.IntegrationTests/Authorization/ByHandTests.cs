using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Service.OAuth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Fault = HubSpotMessaging.Emulator.Fault;

namespace HubSpotMessaging.IntegrationTests.Authorization;

/// <summary>Tokens that somebody puts into the four keys, and tokens that are encrypted there.</summary>
public sealed class ByHandTests(Servers servers) : IAsyncLifetime
{
    private Replicas _replicas = null!;

    public async ValueTask InitializeAsync() => _replicas = await Replicas.StartAsync(servers.Redis);

    public ValueTask DisposeAsync() => _replicas.DisposeAsync();

    [Fact]
    public async Task Tokens_put_there_by_hand_connect_a_fresh_installation()
    {
        var keeper = _replicas.AddKeeper();
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.GetAsync(CancellationToken.None).AsTask());
        var pair = _replicas.HubSpot.Grant(Installation.Portal);

        await _replicas.PutByHandAsync(pair);
        var tokens = await _replicas.PassTimeUntilAsync(keeper.GetAsync(CancellationToken.None).AsTask());

        tokens.AccessToken.Value.ShouldBe(pair.AccessToken);
        tokens.PortalId.ShouldBe(Installation.Portal); // HubSpot was asked whose they are.
        (await _replicas.KindsToldAsync()).ShouldBe(
            [nameof(AuthorizationMissing), nameof(LinePaused), nameof(AuthorizationGiven), nameof(LineResumed)]);
        await _replicas.PassAsync(TimeSpan.FromMinutes(25));
        await keeper.LookAsync(CancellationToken.None);
        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task Tokens_put_there_by_hand_replace_ours_on_all_replicas_and_are_told_once()
    {
        await _replicas.GrantAsync();
        var keepers = Enumerable.Range(0, 3).Select(_ => _replicas.AddKeeper()).ToList();
        foreach (var keeper in keepers)
            await keeper.GetAsync(CancellationToken.None);
        var pair = _replicas.HubSpot.Grant(Installation.Portal);

        await _replicas.PutByHandAsync(pair);
        await _replicas.PassTimeUntilAsync(Task.WhenAll(keepers.Select(async keeper =>
        {
            await keeper.LookAsync(CancellationToken.None);
            return true;
        })));

        foreach (var keeper in keepers)
            (await keeper.GetAsync(CancellationToken.None)).AccessToken.Value.ShouldBe(pair.AccessToken);
        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven), nameof(AuthorizationGiven)]);
    }

    [Fact]
    public async Task An_old_access_token_put_there_by_hand_is_refreshed()
    {
        var pair = _replicas.HubSpot.Grant(Installation.Portal);
        await _replicas.PutByHandAsync(pair);
        await _replicas.Redis.StringSetAsync("hs_access_token_generation_time", "not a number");

        var tokens = await _replicas.PassTimeUntilAsync(_replicas.AddKeeper().GetAsync(CancellationToken.None).AsTask());

        tokens.AccessToken.Value.ShouldNotBe(pair.AccessToken);
        tokens.Generation.ShouldBe(2);
    }

    [Fact]
    public async Task Dead_tokens_put_there_by_hand_are_a_loss()
    {
        await _replicas.PutByHandAsync(_replicas.HubSpot.Grant(Installation.Portal));
        _replicas.HubSpot.Revoke(Installation.Portal);

        await Should.ThrowAsync<AuthorizationUnavailableException>(
            () => _replicas.PassTimeUntilAsync(_replicas.AddKeeper().GetAsync(CancellationToken.None).AsTask()));

        (await _replicas.ToldAsync()).OfType<AuthorizationMissing>().ShouldHaveSingleItem().Loss.ShouldBe(AuthorizationLoss.Revoked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tokens_of_another_account_put_there_by_hand_are_never_used_and_told_once(bool isConfigured)
    {
        await _replicas.GrantAsync();
        (string, string?)[] settings = isConfigured ? [Replicas.For(Installation.Portal)] : []; // Else the first connection binds.
        var (one, two) = (_replicas.Add(null, settings), _replicas.AddKeeper(settings));
        var keeper = one.GetRequiredService<TokenKeeper>();
        await keeper.GetAsync(CancellationToken.None);

        await _replicas.PutByHandAsync(_replicas.HubSpot.Grant(Installation.OtherPortal));
        foreach (var replica in (TokenKeeper[])[keeper, two, keeper])
            await Should.ThrowAsync<AuthorizationUnavailableException>(() => _replicas.PassTimeUntilAsync(AsTask(replica.LookAsync(CancellationToken.None))));

        _replicas.Refreshes.ShouldBe(0);
        _replicas.HubSpot.Calls.Count(call => call.Path.EndsWith("/introspect", StringComparison.Ordinal)).ShouldBe(1);
        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven), nameof(AuthorizationMissing), nameof(LinePaused)]);
        var reader = new ConnectionReader(one.GetRequiredService<TokenStore>(), one.GetRequiredService<IOptions<HubSpotOptions>>());
        (await reader.ReadAsync(CancellationToken.None)).ShouldBeOfType<Connection.OtherAccount>();

        // The right ones at last, at once.
        await _replicas.PutByHandAsync(_replicas.HubSpot.Grant(Installation.Portal));
        (await _replicas.PassTimeUntilAsync(keeper.GetAsync(CancellationToken.None).AsTask())).PortalId.ShouldBe(Installation.Portal);
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task An_access_token_of_another_account_beside_our_refresh_token_is_never_used()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper(Replicas.For(Installation.Portal));
        await keeper.GetAsync(CancellationToken.None);
        var foreign = _replicas.HubSpot.Grant(Installation.OtherPortal);

        await _replicas.Redis.StringSetAsync("hs_access_token", foreign.AccessToken); // The first of four, typed one after the other.
        await _replicas.PassTimeUntilAsync(AsTask(keeper.LookAsync(CancellationToken.None)));

        (await keeper.GetAsync(CancellationToken.None)).AccessToken.Value.ShouldNotBe(foreign.AccessToken);
    }

    [Fact]
    public async Task An_introspection_endpoint_that_is_gone_is_no_loss()
    {
        _replicas.HubSpot.Faults.Add(new Fault
        {
            Kind = FaultKind.Status,
            Status = 404,
            Match = new() { Path = "/oauth/*/token/introspect" },
            Body = System.Text.Json.JsonSerializer.SerializeToElement(new { status = "error", message = "resource not found" }),
        });
        await _replicas.PutByHandAsync(_replicas.HubSpot.Grant(Installation.Portal));

        await Should.ThrowAsync<AuthorizationUnavailableException>(
            () => _replicas.PassTimeUntilAsync(AsTask(_replicas.AddKeeper().LookAsync(CancellationToken.None))));

        (await _replicas.KindsToldAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_no_text_or_no_number_in_Redis_is_no_crash_and_no_storm()
    {
        await _replicas.Redis.StringSetAsync("hs_access_token", "a");
        await _replicas.Redis.StringSetAsync("hs_refresh_token", (StackExchange.Redis.RedisValue)new byte[] { 0xff, 0xfe });
        await Should.ThrowAsync<AuthorizationUnavailableException>(
            () => _replicas.PassTimeUntilAsync(_replicas.AddKeeper().GetAsync(CancellationToken.None).AsTask()));

        await _replicas.GrantAsync();
        await _replicas.Redis.HashSetAsync("hubspot:authorization", "generation", "x");
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => _replicas.AddKeeper().GetAsync(CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Tokens_of_another_account_than_the_configured_one_are_never_used_and_told_once()
    {
        await _replicas.GrantAsync();
        var replica = _replicas.Add(null, Replicas.For(Installation.OtherPortal));
        var (one, two) = (replica.GetRequiredService<TokenKeeper>(), _replicas.AddKeeper(Replicas.For(Installation.OtherPortal)));

        foreach (var keeper in (TokenKeeper[])[one, two, one])
            (await Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.GetAsync(CancellationToken.None).AsTask())).Message.ShouldContain("HubSpot:PortalId");

        _replicas.Refreshes.ShouldBe(0);
        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven), nameof(AuthorizationMissing)]);
        replica.GetRequiredService<DeliveryLine>().Reasons.ShouldContain(reason => reason.Reason == "Authorization");
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue(); // For those who are configured otherwise.
    }

    [Fact]
    public async Task Encrypted_tokens_are_of_use_to_nobody_without_the_key_ring_and_refreshed_as_ever()
    {
        using var ring = new TemporaryFolder();
        var settings = ("Tokens:Encryption:KeyRing", (string?)ring.Path);
        var (one, two) = (_replicas.AddKeeper(settings), _replicas.AddKeeper(settings));

        var granted = await _replicas.GrantAsync(one);
        ((string?)await _replicas.Redis.StringGetAsync("hs_access_token")).ShouldStartWith("CfDJ8");
        (await _replicas.StoredRefreshTokenAsync()).ShouldStartWith("CfDJ8");
        (await two.GetAsync(CancellationToken.None)).AccessToken.ShouldBe(granted.AccessToken);

        await _replicas.PassAsync(TimeSpan.FromMinutes(31));
        (await two.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
        _replicas.HubSpot.Settings.RotateRefreshTokens = false;
        await _replicas.PassAsync(TimeSpan.FromMinutes(31));
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(3);
        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven), nameof(TokensRefreshed), nameof(TokensRefreshed)]);
    }

    [Fact]
    public async Task A_replica_without_the_key_says_so_and_the_others_go_on()
    {
        using var ring = new TemporaryFolder();
        using var other = new TemporaryFolder();
        await _replicas.GrantAsync(_replicas.AddKeeper(("Tokens:Encryption:KeyRing", ring.Path)));

        foreach (var keeper in (TokenKeeper[])[_replicas.AddKeeper(), _replicas.AddKeeper(("Tokens:Encryption:KeyRing", other.Path))])
            (await Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.GetAsync(CancellationToken.None).AsTask()))
                .Message.ShouldContain("Tokens:Encryption:KeyRing");

        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven), nameof(AuthorizationMissing)]); // Once for both.
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Encryption_that_is_switched_on_takes_over_what_stands_there_in_the_clear()
    {
        await _replicas.GrantAsync();
        using var ring = new TemporaryFolder();
        var keeper = _replicas.AddKeeper(("Tokens:Encryption:KeyRing", ring.Path));
        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);

        _replicas.HubSpot.Settings.RotateRefreshTokens = false;
        await _replicas.PassAsync(TimeSpan.FromMinutes(31));
        await keeper.GetAsync(CancellationToken.None);

        (await _replicas.StoredRefreshTokenAsync()).ShouldStartWith("CfDJ8");
    }

    private static async Task<bool> AsTask(Task task)
    {
        await task;
        return true;
    }
}

/// <summary>A folder for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hubspot-messaging-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
