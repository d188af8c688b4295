using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.Authorization;

/// <summary>Holders of the lease that die, sleep or come late, and a Redis that is away, full or rolled back, in every order.</summary>
public sealed class RaceTests(Servers servers) : IAsyncLifetime
{
    private static readonly TimeSpan BeyondTheEnd = TimeSpan.FromMinutes(31);
    private static readonly TimeSpan BeyondTheLease = TimeSpan.FromSeconds(36);
    private static readonly TimeSpan BeyondHope = TimeSpan.FromSeconds(20);

    private Replicas _replicas = null!;

    public async ValueTask InitializeAsync() => _replicas = await Replicas.StartAsync(servers.Redis);

    public async ValueTask DisposeAsync()
    {
        await _replicas.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        await _replicas.DisposeAsync();
    }

    [Fact]
    public async Task A_lease_is_taken_by_one_and_given_back_by_its_owner_only()
    {
        await _replicas.GrantAsync();
        var store = _replicas.Add().GetRequiredService<TokenStore>();
        var stored = await store.ReadAsync();
        (await BeginAsync("one")).ShouldBeOfType<Beginning.Begun>();
        (await BeginAsync("two")).ShouldBeOfType<Beginning.Taken>();
        await store.SettleAsync("two", TimeSpan.Zero);
        (await BeginAsync("two")).ShouldBeOfType<Beginning.Taken>();
        await store.SettleAsync("one", TimeSpan.Zero);
        (await BeginAsync("two")).ShouldBeOfType<Beginning.Begun>();

        Task<Beginning> BeginAsync(string attempt) => store.BeginAsync(attempt, stored, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Whoever_looked_before_the_loss_does_not_ask_HubSpot_after_it()
    {
        await _replicas.GrantAsync();
        var store = _replicas.Add().GetRequiredService<TokenStore>();
        var stored = await store.ReadAsync();
        await store.LoseAsync(AuthorizationLoss.Revoked, stored);

        (await store.BeginAsync("late", stored, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2))).ShouldBeOfType<Beginning.Changed>();
    }

    [Fact]
    public async Task A_holder_that_died_before_its_call_is_waited_for_no_longer_than_its_lease()
    {
        await _replicas.GrantAsync();
        await DieAsync(afterAnswer: false);
        var keeper = _replicas.AddKeeper();
        var waiting = keeper.GetAsync(CancellationToken.None).AsTask();
        _replicas.Clock.Advance(TimeSpan.FromSeconds(1));
        waiting.IsCompleted.ShouldBeFalse();

        await _replicas.PassAsync(BeyondTheLease);

        (await _replicas.PassTimeUntilAsync(waiting)).Generation.ShouldBe(2);
        _replicas.Refreshes.ShouldBe(1);
        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven), nameof(TokensRefreshed)]);
    }

    [Fact]
    public async Task A_holder_that_died_between_answer_and_write_is_the_one_true_loss_and_believed_only_when_no_hope_is_left()
    {
        await _replicas.GrantAsync();
        await DieAsync(afterAnswer: true);
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        await _replicas.PassAsync(BeyondTheLease);

        await Replicas.ShouldBeUnavailableAsync(one);
        await Replicas.ShouldBeUnavailableAsync(two);
        (await _replicas.KindsToldAsync()).ShouldNotContain(nameof(AuthorizationMissing));
        _replicas.Refreshes.ShouldBe(2);

        await _replicas.PassAsync(BeyondHope);
        await Replicas.ShouldBeUnavailableAsync(two);
        await Replicas.ShouldBeUnavailableAsync(one);
        (await _replicas.ToldAsync()).OfType<AuthorizationMissing>().ShouldHaveSingleItem().Loss.ShouldBe(AuthorizationLoss.Revoked);
        _replicas.Refreshes.ShouldBe(3);
    }

    [Fact]
    public async Task A_holder_that_wakes_after_its_lease_saves_the_only_living_tokens_and_nobody_was_alarmed()
    {
        await _replicas.GrantAsync();
        var (sleeper, other) = (_replicas.Add(), _replicas.AddKeeper());
        var (stored, fresh, attempt) = await DieAsync(afterAnswer: true);
        await _replicas.PassAsync(BeyondTheLease);
        await Replicas.ShouldBeUnavailableAsync(other);

        var store = sleeper.GetRequiredService<TokenStore>();
        (await store.ReplaceAsync(stored, fresh!, attempt, new TokensRefreshed(null, default, 2))).ShouldBeTrue();

        (await other.GetAsync(CancellationToken.None)).RefreshToken.ShouldBe(fresh!.RefreshToken);
        var told = await _replicas.KindsToldAsync();
        told.Take(2).ShouldBe([nameof(AuthorizationGiven), nameof(TokensRefreshed)]);
        told.ShouldNotContain(nameof(AuthorizationMissing)); // That commands waited here for a moment may be told.
    }

    [Fact]
    public async Task A_holder_that_wakes_when_nobody_believed_in_it_any_more_regains_the_authorization()
    {
        await _replicas.GrantAsync();
        var other = _replicas.AddKeeper();
        var (stored, fresh, attempt) = await DieAsync(afterAnswer: true);
        await _replicas.PassAsync(BeyondTheLease + BeyondHope);
        await Replicas.ShouldBeUnavailableAsync(other);
        (await _replicas.IsLineOpenAsync()).ShouldBeFalse();

        var store = _replicas.Add().GetRequiredService<TokenStore>();
        (await store.ReplaceAsync(stored, fresh!, attempt, new TokensRefreshed(null, default, 2))).ShouldBeTrue();

        (await other.GetAsync(CancellationToken.None)).RefreshToken.ShouldBe(fresh!.RefreshToken);
        (await _replicas.KindsToldAsync()).ShouldBe(
        [
            nameof(AuthorizationGiven), nameof(AuthorizationMissing), nameof(LinePaused), nameof(TokensRefreshed), nameof(LineResumed),
        ]);
    }

    [Fact]
    public async Task Where_refresh_tokens_stay_the_late_one_does_not_overwrite_the_one_who_came_after()
    {
        _replicas.HubSpot.Settings.RotateRefreshTokens = false;
        await _replicas.GrantAsync();
        var (stored, late, attempt) = await DieAsync(afterAnswer: true);
        await _replicas.PassAsync(BeyondTheLease);
        var other = _replicas.AddKeeper();
        var newer = await other.GetAsync(CancellationToken.None);
        newer.Generation.ShouldBe(2);

        var store = _replicas.Add().GetRequiredService<TokenStore>();
        (await store.ReplaceAsync(stored, late!, attempt, new TokensRefreshed(null, default, 2))).ShouldBeFalse();

        (await store.ReadAsync()).Tokens!.AccessToken.ShouldBe(newer.AccessToken);
        (await _replicas.ToldAsync()).OfType<TokensRefreshed>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_late_refresh_does_not_overwrite_a_new_connection()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        await _replicas.PassAsync(BeyondTheEnd);
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);
        var refreshing = keeper.GetAsync(CancellationToken.None).AsTask();
        await held.WhenHitAsync();

        var granted = await _replicas.GrantAsync();
        _replicas.HubSpot.Faults.Clear();

        (await refreshing).RefreshToken.ShouldBe(granted.RefreshToken);
        (await _replicas.StoredRefreshTokenAsync()).ShouldBe(granted.RefreshToken.Value);
    }

    [Fact]
    public async Task Of_two_first_connections_at_the_same_moment_one_binds_the_installation()
    {
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());

        var granted = await Task.WhenAll(_replicas.TryGrantAsync(one, Installation.Portal), _replicas.TryGrantAsync(two, Installation.OtherPortal));

        var first = granted.Single(tokens => tokens is not null)!;
        (await two.GetAsync(CancellationToken.None)).PortalId.ShouldBe(first.PortalId);
        (await one.GetAsync(CancellationToken.None)).PortalId.ShouldBe(first.PortalId);
        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven)]);

        var other = granted[0] is null ? Installation.Portal : Installation.OtherPortal;
        (await _replicas.TryGrantAsync(_replicas.AddKeeper(Replicas.For(other)), other)).ShouldNotBeNull(); // An operator moves it on purpose.
    }

    [Fact]
    public async Task A_new_connection_counts_though_the_clock_of_the_one_before_it_was_ahead()
    {
        var now = _replicas.Clock.GetUtcNow();
        _replicas.Clock.AdjustTime(now + TimeSpan.FromMinutes(10)); // Where the first one was made.
        await _replicas.GrantAsync();
        _replicas.Clock.AdjustTime(now);
        var keeper = _replicas.AddKeeper();
        await keeper.GetAsync(CancellationToken.None);

        var granted = await _replicas.GrantAsync();
        await keeper.LookAsync(CancellationToken.None);

        (await _replicas.StoredRefreshTokenAsync()).ShouldBe(granted.RefreshToken.Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refresh_that_ends_in_trouble_does_not_bring_back_what_a_person_has_ended(bool disconnects)
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        await keeper.GetAsync(CancellationToken.None);
        await _replicas.PassAsync(TimeSpan.FromMinutes(25));
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);
        var refreshing = keeper.LookAsync(CancellationToken.None);
        await held.WhenHitAsync();

        var person = disconnects ? AsTask(keeper.DisconnectAsync()) : AsTask(_replicas.GrantAsync(keeper));
        await _replicas.PassTimeUntilAsync(Task.WhenAll(person, EndAsync(refreshing))); // It runs out of time.

        if (disconnects)
            keeper.IsAuthorized.ShouldBeFalse();
        else
            (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task A_refresh_that_came_too_late_gives_its_lease_back()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        await _replicas.PassAsync(BeyondTheEnd);
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);
        var refreshing = keeper.GetAsync(CancellationToken.None).AsTask();
        await held.WhenHitAsync();
        await _replicas.GrantAsync();
        _replicas.HubSpot.Faults.Clear();
        await refreshing;

        (await _replicas.Redis.KeyExistsAsync(TokenStore.LeaseKey)).ShouldBeFalse();
        (await _replicas.Redis.SortedSetLengthAsync(TokenStore.AttemptsKey)).ShouldBe(0);
    }

    [Fact]
    public async Task A_disconnect_during_a_refresh_leaves_no_living_grant_at_HubSpot()
    {
        await _replicas.GrantAsync();
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        await _replicas.PassAsync(BeyondTheEnd);
        var held = _replicas.FailTokenEndpoint(FaultKind.HoldAnswer);
        var refreshing = one.GetAsync(CancellationToken.None).AsTask();
        await held.WhenHitAsync();

        var disconnecting = two.DisconnectAsync();
        _replicas.HubSpot.Faults.Clear();
        (await _replicas.PassTimeUntilAsync(disconnecting)).ShouldBeOfType<DisconnectResult.Done>();
        await EndAsync(refreshing);

        var oauth = _replicas.Add().GetRequiredService<OAuthClient>();
        foreach (var secret in _replicas.HubSpot.Secrets)
            (await oauth.RefreshAsync(new(secret), CancellationToken.None)).Succeeded.ShouldBeFalse();
    }

    [Fact]
    public async Task A_refused_token_is_not_given_out_again_while_it_cannot_be_replaced()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        var refused = (await keeper.GetAsync(CancellationToken.None)).AccessToken;
        _replicas.FailTokenEndpoint(FaultKind.Status, 503);
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.ReplaceAsync(refused, CancellationToken.None));

        await Replicas.ShouldBeUnavailableAsync(keeper);

        _replicas.HubSpot.Faults.Clear();
        await _replicas.PassAsync(TimeSpan.FromSeconds(6));
        (await keeper.GetAsync(CancellationToken.None)).AccessToken.ShouldNotBe(refused);
    }

    [Fact]
    public async Task HubSpot_is_not_asked_while_Redis_could_not_store_the_answer()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        await keeper.GetAsync(CancellationToken.None);
        await _replicas.PassAsync(BeyondTheEnd);
        await LetRedisTakeNoWritesAsync();

        await Replicas.ShouldBeUnavailableAsync(keeper);
        _replicas.Refreshes.ShouldBe(0);

        await LetRedisTakeWritesAsync();
        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task An_answer_that_Redis_does_not_take_is_kept_until_it_does()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        await _replicas.PassAsync(BeyondTheEnd);
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);
        using var impatience = new CancellationTokenSource();
        var refreshing = keeper.GetAsync(impatience.Token).AsTask();
        await held.WhenHitAsync();

        await LetRedisTakeNoWritesAsync();
        _replicas.HubSpot.Faults.Clear();
        await impatience.CancelAsync(); // Whoever asked is gone.
        var settling = keeper.SettledAsync(CancellationToken.None);
        for (var time = 0; time < 20; time++)
            _replicas.Clock.Advance(TimeSpan.FromSeconds(1));
        settling.IsCompleted.ShouldBeFalse();

        await LetRedisTakeWritesAsync();
        await _replicas.PassTimeUntilAsync(AsTask(settling));

        (await _replicas.AddKeeper().GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
        _replicas.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_Redis_that_was_rolled_back_gets_the_tokens_again()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        var backup = await BackUpAsync();
        await _replicas.PassAsync(BeyondTheEnd);
        var fresh = await keeper.GetAsync(CancellationToken.None);

        await RestoreAsync(backup); // The refresh token in it is dead.
        await keeper.LookAsync(CancellationToken.None);

        (await _replicas.StoredRefreshTokenAsync()).ShouldBe(fresh.RefreshToken.Value);
        (await _replicas.AddKeeper().GetAsync(CancellationToken.None)).Generation.ShouldBe(fresh.Generation);
        _replicas.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_Redis_that_was_rolled_back_behind_a_reconnect_gets_the_new_connection_again()
    {
        await _replicas.GrantAsync();
        var backup = await BackUpAsync();
        var keeper = _replicas.AddKeeper();
        await _replicas.PassAsync(TimeSpan.FromMinutes(1));
        var granted = await _replicas.GrantAsync();
        await keeper.LookAsync(CancellationToken.None);

        await RestoreAsync(backup);
        await keeper.LookAsync(CancellationToken.None);

        (await _replicas.StoredRefreshTokenAsync()).ShouldBe(granted.RefreshToken.Value);
    }

    [Fact]
    public async Task A_Redis_that_was_emptied_gets_the_tokens_again()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        var tokens = await keeper.GetAsync(CancellationToken.None);

        await RestoreAsync([]);
        await keeper.LookAsync(CancellationToken.None);

        (await _replicas.StoredRefreshTokenAsync()).ShouldBe(tokens.RefreshToken.Value);
        (await _replicas.KindsToldAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_Redis_that_was_rolled_back_while_HubSpot_was_asked_gets_the_answer()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        var backup = await BackUpAsync();
        await _replicas.PassAsync(BeyondTheEnd);
        await keeper.GetAsync(CancellationToken.None);
        await _replicas.PassAsync(BeyondTheEnd);
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);
        var refreshing = keeper.GetAsync(CancellationToken.None).AsTask();
        await held.WhenHitAsync();

        await RestoreAsync(backup);
        _replicas.HubSpot.Faults.Clear();

        (await refreshing).Generation.ShouldBe(3);
        (await _replicas.AddKeeper().GetAsync(CancellationToken.None)).Generation.ShouldBe(3);
    }

    [Fact]
    public async Task An_operator_who_disconnects_takes_the_tokens_back_at_HubSpot_and_here()
    {
        var granted = await _replicas.GrantAsync();
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        await one.GetAsync(CancellationToken.None);
        await two.GetAsync(CancellationToken.None);

        (await one.DisconnectAsync()).ShouldBeOfType<DisconnectResult.Done>();
        (await one.DisconnectAsync()).ShouldBeOfType<DisconnectResult.NothingToDo>();

        await Should.ThrowAsync<AuthorizationUnavailableException>(() => two.LookAsync(CancellationToken.None)); // And does not repair it.
        await Replicas.ShouldBeUnavailableAsync(two);
        (await _replicas.StoredRefreshTokenAsync()).ShouldBeNull();
        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven), nameof(AuthorizationMissing), nameof(LinePaused)]);
        (await two.DisconnectAsync()).ShouldBeOfType<DisconnectResult.NothingToDo>();
        var oauth = _replicas.Add().GetRequiredService<OAuthClient>();
        (await oauth.RefreshAsync(granted.RefreshToken, CancellationToken.None)).Succeeded.ShouldBeFalse();

        await _replicas.GrantAsync();
        (await two.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_disconnect_that_HubSpot_does_not_confirm_changes_nothing()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        _replicas.HubSpot.Faults.Add(new Emulator.Fault { Kind = FaultKind.Status, Status = 503, Match = new() { Path = "/oauth/*/token/revoke" } });

        (await keeper.DisconnectAsync()).ShouldBeOfType<DisconnectResult.NotConfirmed>();

        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);
    }

    /// <summary>A replica takes the lease when the token has ended, asks HubSpot or does not get that far, and is not heard of again.</summary>
    private async Task<(StoredAuthorization Stored, TokenSet? Fresh, string Attempt)> DieAsync(bool afterAnswer)
    {
        await _replicas.PassAsync(BeyondTheEnd);
        var replica = _replicas.Add();
        var store = replica.GetRequiredService<TokenStore>();
        var stored = await store.ReadAsync();
        var attempt = Guid.NewGuid().ToString("N");
        (await store.BeginAsync(attempt, stored, TimeSpan.FromSeconds(35), TimeSpan.FromSeconds(50))).ShouldBeOfType<Beginning.Begun>();
        if (!afterAnswer)
            return (stored, null, attempt);

        var answer = await replica.GetRequiredService<OAuthClient>().RefreshAsync(stored.Tokens!.RefreshToken, CancellationToken.None);
        return (stored, stored.Tokens with
        {
            AccessToken = answer.Value!.AccessToken,
            RefreshToken = answer.Value.RefreshToken,
            GeneratedAt = _replicas.Clock.GetUtcNow(),
            Generation = 2,
        }, attempt);
    }

    private Task LetRedisTakeNoWritesAsync() => _replicas.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "1");

    private Task LetRedisTakeWritesAsync() => _replicas.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "0");

    private async Task<List<(RedisKey Key, byte[] Value)>> BackUpAsync()
    {
        List<(RedisKey, byte[])> backup = [];
        await foreach (var key in _replicas.Redis.Multiplexer.GetServers()[0].KeysAsync(_replicas.Redis.Database))
            if (await _replicas.Redis.KeyDumpAsync(key) is { } value)
                backup.Add((key, value));
        return backup;
    }

    private async Task RestoreAsync(IEnumerable<(RedisKey Key, byte[] Value)> backup)
    {
        await _replicas.Redis.ExecuteAsync("FLUSHDB");
        foreach (var (key, value) in backup)
            await _replicas.Redis.KeyRestoreAsync(key, value);
    }

    private static async Task<bool> AsTask(Task task)
    {
        await task;
        return true;
    }

    private static async Task<bool> EndAsync(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return true;
    }
}
