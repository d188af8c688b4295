using HubSpotMessaging.HubSpot.Delivery.Outages;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.IntegrationTests.Guard;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.Outages;

/// <summary>When failures are an outage, over two replicas.</summary>
public abstract class CircuitTests(string redis) : IAsyncLifetime
{
    private const string Row = "hubspot:circuit:Contacts";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 9, 10, 12, 0, 0, TimeSpan.Zero));
    private readonly List<IConnectionMultiplexer> _connections = [];
    private Circuit _one = null!;
    private Circuit _two = null!;
    private LineStore _lines = null!;

    private IDatabase Redis => _connections[0].GetDatabase();

    public async ValueTask InitializeAsync()
    {
        for (var replica = 0; replica < 2; replica++)
            _connections.Add(await ConnectionMultiplexer.ConnectAsync(redis));
        foreach (var key in (RedisKey[])[Row, $"{Row}:openings", "hubspot:circuit:Timeline", "hubspot:circuit:Timeline:openings", LineStore.Key, Outbox.Key])
            await Redis.KeyDeleteAsync(key);
        _lines = new(_connections[0]);
        _one = new(_connections[0], _lines, _clock);
        _two = new(_connections[1], new(_connections[1]), _clock);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
            await connection.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_row_of_failures_over_all_replicas_pauses_the_line_once()
    {
        await FailAsync(4);
        await PassAsync(TimeSpan.FromSeconds(3));
        (await _one.FailAsync(CallKind.Contacts)).ShouldBeTrue();
        (await _two.FailAsync(CallKind.Contacts)).ShouldBeFalse();

        var reasons = await _lines.ReadAsync();
        reasons.Select(reason => reason.Scope).Order().ShouldBe(["EnrollInWorkflow", "SyncContact"]);
        reasons.ShouldAllBe(reason => reason.Reason == "HubSpotUnavailable" && reason.Until == _clock.GetUtcNow() + TimeSpan.FromSeconds(2));
        (await Redis.ListLengthAsync(Outbox.Key)).ShouldBe(2);
    }

    [Fact]
    public async Task Two_kinds_of_call_that_the_same_commands_need_are_one_pause_of_theirs_which_ends_with_the_later()
    {
        var (contacts, enrollments) = (OutageReasons.Unavailable(CallKind.Contacts, "EnrollInWorkflow"), OutageReasons.Unavailable(CallKind.Enrollments, "EnrollInWorkflow"));
        await _lines.PauseAsync(contacts);
        await _lines.PauseAsync(enrollments);
        (await Redis.ListLengthAsync(Outbox.Key)).ShouldBe(1);

        await _lines.ResumeAsync(contacts);
        (await Redis.ListLengthAsync(Outbox.Key)).ShouldBe(1);
        await _lines.ResumeAsync(enrollments);
        (await Redis.ListRangeAsync(Outbox.Key)).Select(text => Announcement.Parse((string)text!).GetType()).ShouldBe([typeof(LinePaused), typeof(LineResumed)]);
    }

    [Fact]
    public async Task Failures_at_the_same_moment_are_no_row_however_many()
    {
        var failed = await Task.WhenAll(Enumerable.Range(0, 50).Select(number => (number % 2 == 0 ? _one : _two).FailAsync(CallKind.Contacts)));
        failed.ShouldAllBe(opens => !opens);

        await PassAsync(TimeSpan.FromSeconds(3));
        (await _two.FailAsync(CallKind.Contacts)).ShouldBeTrue();
    }

    [Fact]
    public async Task Few_failures_are_no_row_however_long()
    {
        await FailAsync(3);
        await PassAsync(TimeSpan.FromSeconds(30));
        (await _one.FailAsync(CallKind.Contacts)).ShouldBeFalse();

        (await _two.FailAsync(CallKind.Contacts)).ShouldBeTrue();
    }

    [Fact]
    public async Task An_answer_to_any_replica_ends_the_row_and_another_kind_of_call_has_its_own()
    {
        await FailAsync(4);
        await PassAsync(TimeSpan.FromSeconds(3));
        _two.Close(CallKind.Contacts);
        await _connections[1].GetDatabase().PingAsync(); // Comes after it, by the same connection.

        (await _one.FailAsync(CallKind.Contacts)).ShouldBeFalse();
        (await _one.FailAsync(CallKind.Timeline)).ShouldBeFalse();
        (await _lines.ReadAsync()).ShouldBeEmpty();
        ((long?)await Redis.HashGetAsync(Row, "failures")).ShouldBe(1);
    }

    [Fact]
    public async Task The_oftener_it_opens_the_later_is_the_next_probe()
    {
        var waits = new List<double>();
        for (var opening = 0; opening < 7; opening++)
        {
            await FailAsync(4);
            await PassAsync(TimeSpan.FromSeconds(3));
            (await _two.FailAsync(CallKind.Contacts)).ShouldBeTrue();
            var reasons = await _lines.ReadAsync();
            waits.Add((reasons[0].Until!.Value - _clock.GetUtcNow()).TotalSeconds);
            foreach (var reason in reasons)
                await _lines.ResumeAsync(reason);
        }

        waits.ShouldBe([2, 4, 8, 16, 32, 60, 60]);
    }

    private async Task FailAsync(int times)
    {
        for (var time = 0; time < times; time++)
            (await (time % 2 == 0 ? _one : _two).FailAsync(CallKind.Contacts)).ShouldBeFalse();
    }

    /// <summary>Time goes by in Redis, whose clock nobody can set.</summary>
    private async Task PassAsync(TimeSpan time) =>
        await Redis.HashSetAsync(Row, "first", (long)await Redis.HashGetAsync(Row, "first") - (long)time.TotalMilliseconds);
}

/// <summary>On the real Redis.</summary>
public sealed class RedisCircuitTests(Servers servers) : CircuitTests(servers.Redis);

/// <summary>On the sandbox's.</summary>
public sealed class GarnetCircuitTests(EmbeddedGarnet garnet) : CircuitTests(garnet.Configuration), IClassFixture<EmbeddedGarnet>;
