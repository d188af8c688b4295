using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HubSpotMessaging.IntegrationTests.Authorization;

/// <summary>One refresh for all replicas, ahead of time, and no trouble that passes is taken for a loss.</summary>
public sealed class RefreshTests(Servers servers) : IAsyncLifetime
{
    private static readonly TimeSpan BeyondTheEnd = TimeSpan.FromMinutes(31);
    private static readonly TimeSpan AheadOfTheEnd = TimeSpan.FromMinutes(25);

    private Replicas _replicas = null!;

    public async ValueTask InitializeAsync() => _replicas = await Replicas.StartAsync(servers.Redis);

    public ValueTask DisposeAsync() => _replicas.DisposeAsync();

    [Fact]
    public async Task Two_hundred_callers_on_four_replicas_make_one_refresh()
    {
        var first = await _replicas.GrantAsync();
        var keepers = Enumerable.Range(0, 4).Select(_ => _replicas.AddKeeper()).ToList();
        foreach (var keeper in keepers)
            await keeper.GetAsync(CancellationToken.None);
        await _replicas.PassAsync(BeyondTheEnd); // So that nobody can go on with the old one.
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);

        var callers = Enumerable.Range(0, 200).Select(number => keepers[number % 4].GetAsync(CancellationToken.None).AsTask()).ToList();
        await held.WhenHitAsync();
        _replicas.HubSpot.Faults.Clear();
        var tokens = await _replicas.PassTimeUntilAsync(Task.WhenAll(callers));

        tokens.Select(token => token.AccessToken.Value).Distinct().ShouldHaveSingleItem().ShouldNotBe(first.AccessToken.Value);
        _replicas.Refreshes.ShouldBe(1);
        (await _replicas.ToldAsync()).OfType<TokensRefreshed>().ShouldHaveSingleItem().Generation.ShouldBe(2);
        (await _replicas.StoredRefreshTokenAsync()).ShouldBe(tokens[0].RefreshToken.Value);
    }

    [Fact]
    public async Task The_token_is_replaced_ahead_of_its_end_and_not_before()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();

        await _replicas.PassAsync(TimeSpan.FromMinutes(22));
        await keeper.LookAsync(CancellationToken.None);
        _replicas.Refreshes.ShouldBe(0);
        await _replicas.PassAsync(TimeSpan.FromMinutes(1));
        await keeper.LookAsync(CancellationToken.None);
        _replicas.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task When_HubSpot_changes_the_lifetime_the_next_refresh_follows_it()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        _replicas.HubSpot.Settings.AccessTokenLifetimeSeconds = 60;
        await _replicas.PassAsync(AheadOfTheEnd);
        await keeper.LookAsync(CancellationToken.None);

        await _replicas.PassAsync(TimeSpan.FromSeconds(44));
        await keeper.LookAsync(CancellationToken.None);
        _replicas.Refreshes.ShouldBe(1);
        await _replicas.PassAsync(TimeSpan.FromSeconds(3));
        await keeper.LookAsync(CancellationToken.None);
        _replicas.Refreshes.ShouldBe(2);
    }

    [Fact]
    public async Task Ahead_of_time_nobody_waits_for_the_refresh()
    {
        await _replicas.GrantAsync();
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        await one.GetAsync(CancellationToken.None);
        await _replicas.PassAsync(AheadOfTheEnd);
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);

        var refreshing = one.LookAsync(CancellationToken.None);
        await held.WhenHitAsync();
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);
        (await two.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);

        _replicas.HubSpot.Faults.Clear();
        await refreshing;
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task A_caller_that_gives_up_takes_nobody_with_it()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        await _replicas.PassAsync(BeyondTheEnd);
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);
        using var impatience = new CancellationTokenSource();
        var impatient = keeper.GetAsync(impatience.Token).AsTask();
        var patient = keeper.GetAsync(CancellationToken.None).AsTask();
        await held.WhenHitAsync();

        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => impatient);
        _replicas.HubSpot.Faults.Clear();

        (await patient).Generation.ShouldBe(2);
        _replicas.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task Other_replicas_hear_of_new_tokens_at_once()
    {
        await _replicas.GrantAsync();
        var listening = _replicas.Add();
        await Replicas.StartAsync(listening); // The clock stands still, so that nobody looks by himself.
        var keeper = listening.GetRequiredService<TokenKeeper>();
        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);

        await _replicas.GrantAsync();

        while ((await keeper.GetAsync(CancellationToken.None)).Generation != 2)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
    }

    [Fact]
    public async Task The_watch_refreshes_while_no_traffic_flows_and_the_process_does_not_end_in_the_middle()
    {
        await _replicas.GrantAsync();
        var replica = _replicas.Add();
        await Replicas.StartAsync(replica);
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);

        await _replicas.PassAsync(AheadOfTheEnd); // As after a long sleep, too: the watch finds it due when it wakes.
        await held.WhenHitAsync();
        var ending = Task.WhenAll(replica.GetServices<IHostedService>().Select(service => service.StopAsync(CancellationToken.None)));
        ending.IsCompleted.ShouldBeFalse();
        _replicas.HubSpot.Faults.Clear();
        await ending;

        (await _replicas.AddKeeper().GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
        _replicas.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_dead_grant_is_told_once_for_all_replicas_and_ends_with_a_new_one()
    {
        await _replicas.GrantAsync();
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        await one.GetAsync(CancellationToken.None);
        _replicas.HubSpot.Revoke(Installation.Portal);
        await _replicas.PassAsync(BeyondTheEnd);

        await Replicas.ShouldBeUnavailableAsync(one);
        await Replicas.ShouldBeUnavailableAsync(two);
        await Replicas.ShouldBeUnavailableAsync(one);

        _replicas.Refreshes.ShouldBe(1); // HubSpot is not asked again and again with a dead token.
        (await _replicas.ToldAsync()).OfType<AuthorizationMissing>().ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(told => told.Loss.ShouldBe(AuthorizationLoss.Revoked), told => told.PortalId.ShouldBe(Installation.Portal));
        (await _replicas.IsLineOpenAsync()).ShouldBeFalse();

        await _replicas.GrantAsync();
        (await two.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
        (await _replicas.KindsToldAsync()).ShouldBe(
        [
            nameof(AuthorizationGiven), nameof(AuthorizationMissing), nameof(LinePaused), nameof(AuthorizationGiven), nameof(LineResumed),
        ]);
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue();
    }

    [Theory]
    [InlineData("invalid_grant", "BAD_REFRESH_TOKEN", AuthorizationLoss.Revoked)]
    [InlineData("invalid_grant", null, AuthorizationLoss.Revoked)]
    [InlineData(null, "BAD_REFRESH_TOKEN", AuthorizationLoss.Revoked)]
    [InlineData("invalid_client", "BAD_CLIENT_SECRET", AuthorizationLoss.ClientRejected)]
    [InlineData("invalid_client", null, AuthorizationLoss.ClientRejected)]
    [InlineData(null, "BAD_CLIENT_ID", AuthorizationLoss.ClientRejected)]
    public async Task HubSpots_words_for_a_loss_are_understood_in_either_form(string? error, string? status, AuthorizationLoss loss)
    {
        await _replicas.GrantAsync();
        await _replicas.PassAsync(BeyondTheEnd);
        _replicas.RefuseTokenEndpoint(error, status);

        await Replicas.ShouldBeUnavailableAsync(_replicas.AddKeeper());

        (await _replicas.ToldAsync()).OfType<AuthorizationMissing>().ShouldHaveSingleItem().Loss.ShouldBe(loss);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_is_lost_on_its_way_is_a_loss_only_where_refresh_tokens_rotate(bool rotate)
    {
        _replicas.HubSpot.Settings.RotateRefreshTokens = rotate;
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        await _replicas.PassAsync(BeyondTheEnd);
        _replicas.FailTokenEndpoint(FaultKind.AnswerLost, times: 1);
        await Replicas.ShouldBeUnavailableAsync(keeper);
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue();

        await _replicas.PassAsync(TimeSpan.FromSeconds(6));
        if (rotate)
            await Replicas.ShouldBeUnavailableAsync(keeper);
        else
            (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);

        (await _replicas.IsLineOpenAsync()).ShouldBe(!rotate);
    }

    [Fact]
    public async Task A_fresh_installation_says_once_that_it_waits()
    {
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());

        await Replicas.ShouldBeUnavailableAsync(one);
        await Replicas.ShouldBeUnavailableAsync(two);

        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationMissing), nameof(LinePaused)]);
        (await _replicas.ToldAsync()).OfType<AuthorizationMissing>().Single().Loss.ShouldBe(AuthorizationLoss.NotYetAuthorized);
    }

    [Fact]
    public async Task A_wrong_client_secret_is_no_loss_while_the_old_token_lives_and_heals_by_itself()
    {
        await _replicas.GrantAsync();
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        await _replicas.PassAsync(AheadOfTheEnd);
        _replicas.RefuseTokenEndpoint("invalid_client", "BAD_CLIENT_SECRET");

        await one.LookAsync(CancellationToken.None);
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);
        await two.LookAsync(CancellationToken.None);
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue();
        _replicas.Refreshes.ShouldBe(1); // Once a minute over all replicas.

        await _replicas.PassAsync(TimeSpan.FromMinutes(6));
        await Replicas.ShouldBeUnavailableAsync(one);
        await Replicas.ShouldBeUnavailableAsync(two);
        (await _replicas.ToldAsync()).OfType<AuthorizationMissing>().ShouldHaveSingleItem().Loss.ShouldBe(AuthorizationLoss.ClientRejected);
        _replicas.Refreshes.ShouldBe(2);

        _replicas.HubSpot.Faults.Clear();
        await _replicas.PassAsync(TimeSpan.FromMinutes(2));
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue();
        (await _replicas.KindsToldAsync()).ShouldBe(
        [
            nameof(AuthorizationGiven), nameof(AuthorizationMissing), nameof(LinePaused), nameof(TokensRefreshed), nameof(LineResumed),
        ]);
    }

    [Theory]
    [InlineData(FaultKind.RateLimited, null)]
    [InlineData(FaultKind.Status, 500)]
    [InlineData(FaultKind.Status, 503)]
    [InlineData(FaultKind.Html, 502)]
    [InlineData(FaultKind.Html, 400)]
    [InlineData(FaultKind.Html, 401)]
    [InlineData(FaultKind.Reset, null)]
    [InlineData(FaultKind.Status, 400)]
    [InlineData(FaultKind.Status, 401)]
    [InlineData(FaultKind.Status, 403)]
    [InlineData(FaultKind.EmptySuccess, null)]
    public async Task A_passing_trouble_is_no_loss_and_the_old_token_serves_while_it_lives(FaultKind kind, int? status)
    {
        await _replicas.GrantAsync();
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        await _replicas.PassAsync(AheadOfTheEnd);
        _replicas.FailTokenEndpoint(kind, status);

        await one.LookAsync(CancellationToken.None);
        await two.LookAsync(CancellationToken.None);
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(1);
        _replicas.Refreshes.ShouldBe(1); // Not at every request, nor by every replica.

        await _replicas.PassAsync(TimeSpan.FromMinutes(6)); // It has ended.
        await Replicas.ShouldBeUnavailableAsync(one);
        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven)]);
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue();

        _replicas.HubSpot.Faults.Clear();
        await _replicas.PassAsync(TimeSpan.FromMinutes(1));
        (await one.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task A_token_endpoint_that_does_not_answer_in_time_is_no_loss()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        await _replicas.PassAsync(BeyondTheEnd);
        var held = _replicas.FailTokenEndpoint(FaultKind.Hold);
        var waiting = keeper.GetAsync(CancellationToken.None).AsTask();
        await held.WhenHitAsync();

        await Should.ThrowAsync<AuthorizationUnavailableException>(() => _replicas.PassTimeUntilAsync(waiting));

        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven)]);
    }

    [Fact]
    public async Task The_token_endpoints_Retry_After_holds_for_all_replicas()
    {
        await _replicas.GrantAsync();
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        await _replicas.PassAsync(AheadOfTheEnd);
        _replicas.FailTokenEndpoint(FaultKind.RateLimited, retryAfter: 60, times: 1);
        await one.LookAsync(CancellationToken.None);

        await _replicas.PassAsync(TimeSpan.FromSeconds(50));
        await two.LookAsync(CancellationToken.None);
        _replicas.Refreshes.ShouldBe(1);

        await _replicas.PassAsync(TimeSpan.FromSeconds(15));
        await two.LookAsync(CancellationToken.None);
        _replicas.Refreshes.ShouldBe(2);
        (await two.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task A_day_of_Retry_After_is_not_waited_for()
    {
        await _replicas.GrantAsync();
        var keeper = _replicas.AddKeeper();
        await _replicas.PassAsync(AheadOfTheEnd);
        _replicas.FailTokenEndpoint(FaultKind.RateLimited, retryAfter: 86_400, times: 1);
        await keeper.LookAsync(CancellationToken.None);

        await _replicas.PassAsync(TimeSpan.FromMinutes(16));

        (await keeper.GetAsync(CancellationToken.None)).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_access_token_is_replaced_once_for_all_replicas()
    {
        await _replicas.GrantAsync();
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        var refused = (await one.GetAsync(CancellationToken.None)).AccessToken;
        await two.GetAsync(CancellationToken.None);

        var replaced = await _replicas.PassTimeUntilAsync(Task.WhenAll(
            Enumerable.Range(0, 20).Select(number => (number % 2 == 0 ? one : two).ReplaceAsync(refused, CancellationToken.None))));

        replaced.ShouldAllBe(tokens => tokens.Generation == 2);
        _replicas.Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_new_token_that_is_refused_too_is_asked_about_and_not_replaced_again_and_again()
    {
        await _replicas.GrantAsync();
        var (one, two) = (_replicas.AddKeeper(), _replicas.AddKeeper());
        var fresh = await one.ReplaceAsync((await one.GetAsync(CancellationToken.None)).AccessToken, CancellationToken.None);

        foreach (var keeper in (TokenKeeper[])[one, two, one, two, one])
            await Should.ThrowAsync<AuthorizationUnavailableException>(() => keeper.ReplaceAsync(fresh.AccessToken, CancellationToken.None));

        // HubSpot says that it is good, so that no person could do anything about it.
        _replicas.Refreshes.ShouldBe(1);
        _replicas.HubSpot.Calls.Count(call => call.Path.EndsWith("/introspect", StringComparison.Ordinal)).ShouldBe(2);
        (await _replicas.KindsToldAsync()).ShouldNotContain(nameof(AuthorizationMissing));

        // It says that it is not.
        _replicas.HubSpot.ExpireAccessTokens(Installation.Portal);
        var third = _replicas.AddKeeper();
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => third.ReplaceAsync(fresh.AccessToken, CancellationToken.None));
        (await _replicas.KindsToldAsync()).ShouldContain(nameof(AuthorizationMissing));
        (await _replicas.IsLineOpenAsync()).ShouldBeFalse();
    }
}
