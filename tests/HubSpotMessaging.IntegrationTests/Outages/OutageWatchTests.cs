using HubSpotMessaging.Emulator;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Delivery.Outages;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.IntegrationTests.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Fault = HubSpotMessaging.Emulator.Fault;

namespace HubSpotMessaging.IntegrationTests.Outages;

/// <summary>How two replicas find out that HubSpot is back, with a clock that a test sets.</summary>
public sealed class OutageWatchTests(Servers servers) : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly List<ServiceProvider> _all = [];
    private Replicas _replicas = null!;
    private LineStore _lines = null!;

    public async ValueTask InitializeAsync()
    {
        _replicas = await Replicas.StartAsync(servers.Redis);
        await _replicas.GrantAsync();
        for (var replica = 0; replica < 2; replica++)
            _all.Add(_replicas.Add(settings: ("HubSpot:RequestTimeout", "00:05:00"))); // A second of the clock is a moment here.
        _lines = _all[0].GetRequiredService<LineStore>();
        foreach (var replica in _all)
            await Replicas.StartAsync(replica);
    }

    public ValueTask DisposeAsync() => _replicas.DisposeAsync();

    [Fact]
    public async Task HubSpot_is_not_asked_before_the_end_that_it_told_whichever_replica_it_told()
    {
        var fault = _replicas.HubSpot.Faults.Add(new Fault { Kind = FaultKind.PortalMigrating, RetryAfter = 60, Times = 2, Match = new() { Path = "/crm/*" } });
        var problem = new HubSpotProblem { Message = "moves", RetryAfter = Minute };
        await _lines.PauseAsync(OutageReasons.Of(CallKind.Contacts, "PortalMigrating", problem, _replicas.Clock.GetUtcNow()).Single());
        await EachKnowsAsync(reason => reason.Reason == "PortalMigrating");

        for (var time = 1; time <= 2; time++)
        {
            await PassAsync(seconds: 10);
            await _replicas.Redis.KeyDeleteAsync("hubspot:line:probing:hubspot-account"); // Whoever wants to ask, may.
            await PassAsync(seconds: 48);
            fault.Hits.ShouldBe(time - 1);
            await PassUntilAsync(() => fault.Hits == time);
            await EachKnowsAsync(reason => reason.Until > _replicas.Clock.GetUtcNow() + (Minute / 2));
        }

        await PassUntilAsync(() => _all.TrueForAll(replica => replica.GetRequiredService<DeliveryLine>().Reasons.Count == 0));
        Probes.ShouldBe(3);
        (await _replicas.ToldAsync()).OfType<LineResumed>().ShouldHaveSingleItem().Reason.Reason.ShouldBe("PortalMigrating");
    }

    [Fact]
    public async Task What_ends_with_a_probe_does_not_take_the_reasons_of_others_away()
    {
        var byHand = new PauseReason("operator", "ByHand", "SyncContact");
        await _lines.PauseAsync(byHand);
        await _lines.PauseAsync(OutageReasons.Unavailable(CallKind.Contacts, "SyncContact"));
        await _lines.PauseAsync(OutageReasons.Unavailable(CallKind.Contacts, "EnrollInWorkflow"));
        await EachKnowsAsync(reason => reason.Scope == "EnrollInWorkflow");

        await PassUntilAsync(() => _all.TrueForAll(replica => replica.GetRequiredService<DeliveryLine>().IsOpenFor("EnrollInWorkflow")));
        await PassAsync(seconds: 30);

        (await _lines.ReadAsync()).ShouldBe([byHand]);
        _all.ShouldAllBe(replica => !replica.GetRequiredService<DeliveryLine>().IsOpenFor("SyncContact"));
        Probes.ShouldBe(1); // Nobody is asked about a reason of a person.
    }

    [Fact]
    public async Task Without_a_token_to_be_had_each_replica_waits_for_itself_and_it_is_told_once()
    {
        var blind = _replicas.Add(settings: ("HubSpot:ApiBaseUrl", "http://127.0.0.1:9"));
        _replicas.FailTokenEndpoint(FaultKind.Status, 503);
        await _replicas.PassAsync(TimeSpan.FromMinutes(31));
        var asking = blind.GetRequiredService<TokenKeeper>().LookAsync(CancellationToken.None);
        foreach (var replica in _all.Append(blind))
            await PassUntilAsync(() => replica.GetRequiredService<DeliveryLine>().Reasons.Any(reason => reason.Reason == "TokenUnavailable"));
        await Should.ThrowAsync<AuthorizationUnavailableException>(asking);
        (await _replicas.IsLineOpenAsync()).ShouldBeTrue();

        // Whoever does not see HubSpot is helped by those who do.
        _replicas.HubSpot.Faults.Clear();
        await PassUntilAsync(() => _all.TrueForAll(replica => replica.GetRequiredService<DeliveryLine>().Reasons.Count == 0));
        await blind.GetRequiredService<TokenKeeper>().LookAsync(CancellationToken.None);

        blind.GetRequiredService<DeliveryLine>().Reasons.ShouldNotContain(reason => reason.Reason == "TokenUnavailable");
        (await _replicas.ToldAsync())
            .Where(told => told is not (LinePaused { Reason.Reason: "RedisUnavailable" } or LineResumed { Reason.Reason: "RedisUnavailable" })) // The jump of the clock: who was just waiting for Redis thinks it away.
            .Select(told => told.GetType().Name)
            .ShouldBe([nameof(AuthorizationGiven), nameof(TokensRefreshed), nameof(LinePaused), nameof(LineResumed)]);
    }

    private int Probes => _replicas.HubSpot.Calls.Count(call => call.Path.StartsWith("/crm/", StringComparison.Ordinal));

    private Task EachKnowsAsync(Func<PauseReason, bool> what) => Eventually.BecomesTrueAsync(
        () => _all.TrueForAll(replica => replica.GetRequiredService<DeliveryLine>().Reasons.Any(what)), "each replica knows");

    /// <summary>Lets time go by, and each replica do what it has to.</summary>
    private async Task PassAsync(int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            await _replicas.PassAsync(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private Task PassUntilAsync(Func<bool> isSo) => Eventually.BecomesTrueAsync(
        async () =>
        {
            await _replicas.PassAsync(TimeSpan.FromSeconds(1));
            return isSo();
        },
        "it is so");
}
