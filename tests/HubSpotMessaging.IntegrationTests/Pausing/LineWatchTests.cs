using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.IntegrationTests.Authorization;
using HubSpotMessaging.Testing;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.Pausing;

/// <summary>How one replica follows the line.</summary>
public sealed class LineWatchTests(Servers servers) : IAsyncLifetime
{
    private Replicas _replicas = null!;

    public async ValueTask InitializeAsync() => _replicas = await Replicas.StartAsync(servers.Redis);

    public async ValueTask DisposeAsync()
    {
        await _replicas.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        await _replicas.DisposeAsync();
    }

    [Fact]
    public async Task A_Redis_that_is_back_and_takes_no_writes_does_not_open_and_close_the_line_again_and_again()
    {
        var redis = ConfigurationOptions.Parse(servers.Redis).EndPoints[0].ToString()!.Split('/')[^1].Split(':');
        await using var way = TcpProxy.Start(redis[0], int.Parse(redis[1], System.Globalization.CultureInfo.InvariantCulture));
        await _replicas.GrantAsync();
        var replica = _replicas.Add(servers.Redis.Replace($"{redis[0]}:{redis[1]}", $"127.0.0.1:{way.Port}", StringComparison.Ordinal));
        var line = replica.GetRequiredService<DeliveryLine>();
        await Replicas.StartAsync(replica);
        line.Reasons.ShouldBeEmpty();

        way.Cut();
        await PassUntilAsync(() => line.Reasons.Count > 0);
        await _replicas.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "1");
        way.Mend();
        await PassUntilAsync(() => replica.GetRequiredService<IConnectionMultiplexer>().IsConnected);
        for (var second = 0; second < 20; second++)
        {
            _replicas.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            line.Reasons.ShouldNotBeEmpty();
        }

        await _replicas.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        await PassUntilAsync(() => line.Reasons.Count == 0);
        (await _replicas.KindsToldAsync()).ShouldBe([nameof(AuthorizationGiven), nameof(LinePaused), nameof(LineResumed)]);
    }

    [Fact]
    public async Task A_Redis_that_answers_and_takes_no_writes_is_away()
    {
        await _replicas.GrantAsync();
        var replica = _replicas.Add();
        var line = replica.GetRequiredService<DeliveryLine>();
        await Replicas.StartAsync(replica);
        line.Reasons.ShouldBeEmpty();

        await _replicas.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "1");
        await PassUntilAsync(() => line.Reasons.Any(reason => reason.Reason == "RedisUnavailable"));
        await _replicas.Redis.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        await PassUntilAsync(() => line.Reasons.Count == 0);
    }

    [Fact]
    public async Task A_reason_that_cannot_be_read_is_a_reason_all_the_same()
    {
        await _replicas.Redis.HashSetAsync(LineStore.Key, "somebody/something/", "not json");

        (await _replicas.Add().GetRequiredService<LineStore>().ReadAsync()).ShouldHaveSingleItem().Reason.ShouldBe("Unreadable");
    }

    private Task PassUntilAsync(Func<bool> isSo) => Eventually.BecomesTrueAsync(
        () =>
        {
            _replicas.Clock.Advance(TimeSpan.FromSeconds(1));
            return isSo();
        },
        "it is so");
}
