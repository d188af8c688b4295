using System.Globalization;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.Testing;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.Quota;

/// <summary>Who gets a slot, and when: over several replicas on one real Redis, whose clock goes as it goes.</summary>
/// <remarks>
/// Threads and answers may be late by seconds. So what comes too early fails, and what is too much is seen in what Redis keeps; where
/// there is nothing but the time to tell, it may be measured again.
/// </remarks>
public sealed class SlotTests(Servers servers) : IAsyncLifetime
{
    private const int Hour = 3_600_000;
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);
    private Replicas _replicas = null!;

    public async ValueTask InitializeAsync() => _replicas = await Replicas.StartAsync(servers.Redis);

    public ValueTask DisposeAsync() => _replicas.DisposeAsync();

    [Fact]
    public async Task However_many_replicas_send_as_fast_as_they_may_the_account_refuses_nothing_and_is_used_to_the_full()
    {
        var replicas = new List<Replica>();
        for (var number = 0; number < 4; number++)
            replicas.Add(await _replicas.AddAsync());
        await _replicas.LearnAsync(replicas[0]);

        await OneOfFiveAsync(
            async () =>
            {
                var started = _replicas.Account.Now;
                var senders = replicas.SelectMany(replica => Enumerable.Range(0, 8).Select(sender => Task.Run(async () =>
                {
                    while (_replicas.Account.Now - started < TimeSpan.FromSeconds(4))
                        await replica.TakeAndSendAsync(sender % 2 == 0 ? Lane.Interactive : Lane.Bulk, isFull: true);
                })));
                await Task.WhenAll(senders);
                return _replicas.Account.Own.Count(moment => moment > started && moment < started + TimeSpan.FromSeconds(4));
            },
            sent => sent.ShouldBeGreaterThan(60)); // Of 80.
        _replicas.Account.Refused.ShouldBe(0);
    }

    [Fact]
    public async Task A_slot_is_taken_until_a_window_after_the_answer_however_late_it_comes()
    {
        var replica = await _replicas.AddAsync();
        _replicas.Account.Limit = 1;
        _replicas.Account.Window = TimeSpan.FromMilliseconds(300);
        await _replicas.LearnAsync(replica);
        var answer = new TaskCompletionSource<HttpResponseMessage>();
        _replicas.Account.Instead = _ => answer.Task;
        var sending = replica.TakeAndSendAsync();

        var next = replica.AcquireAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System);
        next.IsCompleted.ShouldBeFalse();
        var answered = _replicas.Account.Now;
        answer.SetResult(_replicas.Account.Answer(200, 0));
        await sending;
        await next.WaitAsync(Long, TimeProvider.System);

        (_replicas.Account.Now - answered).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(299));
    }

    [Fact]
    public async Task The_slots_of_a_dead_replica_come_back()
    {
        _replicas.RequestTimeout = TimeSpan.FromMilliseconds(-4500); // Half a second after the grant it is over.
        var dead = await _replicas.AddAsync();
        var living = await _replicas.AddAsync();
        _replicas.Account.Limit = 1;
        _replicas.Account.Window = TimeSpan.FromMilliseconds(500);
        await _replicas.LearnAsync(living);

        var asked = _replicas.Account.Now;
        await dead.AcquireAsync(); // And nothing more is heard of it.
        await living.AcquireAsync().WaitAsync(Long, TimeProvider.System);

        (_replicas.Account.Now - asked).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(990));
    }

    [Fact]
    public async Task A_slot_whose_request_was_not_sent_goes_to_whoever_waits_wherever_he_waits()
    {
        var holder = await _replicas.AddAsync();
        var waiter = await _replicas.AddAsync(clock: new FakeTimeProvider()); // It stands still: he never asks by himself.
        await holder.Store.FinishAsync("learn", new(SlotUse.Refused, TimeSpan.Zero) { Limit = new(1, TimeSpan.FromSeconds(30)) });
        var permit = await holder.AcquireAsync();
        var waiting = waiter.AcquireAsync();
        await WaitingAsync(1);

        await holder.Governor.ReturnAsync(permit);
        var next = await waiting.WaitAsync(Long, TimeProvider.System);

        next.Slot.ShouldNotBe(permit.Slot);
        await holder.Governor.ReturnAsync(permit); // Changes nothing any more.
        (await _replicas.Redis.SortedSetLengthAsync(QuotaStore.SlotsKey)).ShouldBe(1);
    }

    [Fact]
    public async Task Who_stops_waiting_takes_nothing_and_leaves_his_place_to_the_next()
    {
        var first = await _replicas.AddAsync();
        var second = await _replicas.AddAsync();
        await first.Store.FinishAsync("learn", new(SlotUse.Refused, TimeSpan.Zero) { Limit = new(1, TimeSpan.FromSeconds(30)) });
        var permit = await first.AcquireAsync();
        using var cancellation = new CancellationTokenSource();
        var cancelled = first.AcquireAsync(cancellationToken: cancellation.Token);
        await WaitingAsync(1);
        var waiting = second.AcquireAsync();
        await WaitingAsync(2);

        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => cancelled);
        await WaitingAsync(1);
        waiting.IsCompleted.ShouldBeFalse();
        await first.Governor.ReturnAsync(permit);
        await waiting.WaitAsync(Long, TimeProvider.System);

        await WaitingAsync(0);
        (await _replicas.Redis.HashLengthAsync(QuotaStore.ReplicasKey)).ShouldBeLessThanOrEqualTo(1);
        (await _replicas.Redis.SortedSetLengthAsync(QuotaStore.SlotsKey)).ShouldBe(1);
    }

    [Fact]
    public async Task Replicas_take_turns_whichever_of_them_wants_more()
    {
        var modest = await _replicas.AddAsync();
        var greedy = await _replicas.AddAsync();
        await _replicas.LearnAsync(modest);
        await OneOfFiveAsync(
            () => OrderAsync([.. Enumerable.Repeat((greedy, Lane.Interactive), 30), .. Enumerable.Repeat((modest, Lane.Interactive), 10)]),
            order => order.Skip(4).Take(12).Zip(order.Skip(5)).ShouldAllBe(pair => pair.First != pair.Second)); // After the burst.
    }

    [Fact]
    public async Task While_both_lanes_wait_bulk_gets_its_share_and_no_more_also_when_they_wait_in_different_replicas()
    {
        var interactive = await _replicas.AddAsync();
        var bulk = await _replicas.AddAsync();
        await _replicas.LearnAsync(bulk);
        await OneOfFiveAsync(
            () => OrderAsync([.. Enumerable.Repeat((interactive, Lane.Interactive), 36), .. Enumerable.Repeat((bulk, Lane.Bulk), 24)]),
            order => order.Skip(5).Take(40).Count(replica => replica == bulk).ShouldBeInRange(15, 17)); // 40 %.
    }

    [Fact]
    public async Task A_replica_that_does_not_take_its_turn_is_passed_over()
    {
        var frozen = await _replicas.AddAsync();
        var living = await _replicas.AddAsync();
        await _replicas.LearnAsync(living);

        // It has asked while there was nothing, and is never heard of again.
        await _replicas.Redis.HashSetAsync(QuotaStore.StateKey, "hold", await InAsync(Hour));
        (await frozen.Store.AcquireAsync("never", [Lane.Interactive], isFull: false)).ShouldBeOfType<SlotReply.Wait>();
        var name = (await _replicas.Redis.SortedSetRangeByRankAsync(QuotaStore.InteractiveKey)).Single();
        await AskedAsync(Hour); // That it has been silent for long shall not be why.
        var waiting = living.AcquireAsync();
        await WaitingAsync(2);
        var hold = await InAsync(1000);
        await _replicas.Redis.HashSetAsync(QuotaStore.StateKey, "hold", hold);
        var permit = await waiting.WaitAsync(Long, TimeProvider.System);

        var granted = (await _replicas.Redis.SortedSetScoreAsync(QuotaStore.SentKey, permit.Slot))!.Value;
        (granted - double.Parse(hold, CultureInfo.InvariantCulture)).ShouldBeGreaterThanOrEqualTo(49.99); // It had its moment.
        await AskedAsync(-3001);
        await living.AcquireAsync().WaitAsync(Long, TimeProvider.System);
        (await _replicas.Redis.SortedSetLengthAsync(QuotaStore.InteractiveKey)).ShouldBe(0);

        async Task AskedAsync(int milliseconds) =>
            await _replicas.Redis.HashSetAsync(QuotaStore.ReplicasKey, name, $"{await InAsync(milliseconds)} 0");
    }

    [Fact]
    public async Task A_Redis_that_has_forgotten_grants_counts_the_window_as_full_once()
    {
        var replica = await _replicas.AddAsync();
        var other = await _replicas.AddAsync();
        await _replicas.LearnAsync(replica);
        await other.TakeAndSendAsync();
        await replica.TakeAndSendAsync();
        await _replicas.Redis.HashSetAsync(QuotaStore.StateKey, "seq", "1");
        await _replicas.Redis.KeyDeleteAsync(QuotaStore.SlotsKey);

        var forgotten = _replicas.Account.Now;
        await other.AcquireAsync().WaitAsync(Long, TimeProvider.System);
        (_replicas.Account.Now - forgotten).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(990));
        var hold = await _replicas.StateAsync("hold"); // Each time would put it off.
        await replica.AcquireAsync().WaitAsync(Long, TimeProvider.System);
        await other.AcquireAsync().WaitAsync(Long, TimeProvider.System);
        (await _replicas.StateAsync("hold")).ShouldBe(hold);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_by_an_hour_costs_one_window()
    {
        var replica = await _replicas.AddAsync();
        _replicas.Account.Limit = 2;
        await _replicas.LearnAsync(replica);
        foreach (var moment in (string[])["at", "next", "hold", "turn", "measured"])
            await _replicas.Redis.HashSetAsync(QuotaStore.StateKey, moment, await InAsync(Hour));
        foreach (var slot in (string[])["one", "two"])
            await _replicas.Redis.SortedSetAddAsync(QuotaStore.SlotsKey, slot, double.Parse(await InAsync(Hour), CultureInfo.InvariantCulture));

        var setBack = _replicas.Account.Now;
        await replica.AcquireAsync().WaitAsync(Long, TimeProvider.System);

        (_replicas.Account.Now - setBack).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(990));
        (await _replicas.StateAsync("hold") - await _replicas.StateAsync("measured")).ShouldBe(1000, 0.01); // From when that was noticed.
    }

    [Fact]
    public async Task A_first_start_does_not_wait_and_a_lone_request_asks_Redis_twice()
    {
        var replica = await _replicas.AddAsync();
        var server = _replicas.Redis.Multiplexer.GetServers()[0];
        var before = await CallsAsync();
        for (var request = 0; request < 5; request++)
            await replica.TakeAndSendAsync();
        (await CallsAsync() - before).ShouldBe(10); // Who has to wait asks once more.

        async Task<long> CallsAsync() => (await server.InfoAsync("commandstats")).SelectMany(group => group)
            .Where(entry => entry.Key.StartsWith("cmdstat_eval", StringComparison.Ordinal))
            .Sum(entry => long.Parse(entry.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Without_Redis_those_who_wait_are_told_and_the_next_are_served_when_it_is_back()
    {
        var address = ConfigurationOptions.Parse(servers.Redis).EndPoints[0].ToString()!.Split('/')[^1].Split(':');
        await using var way = TcpProxy.Start(address[0], int.Parse(address[1], CultureInfo.InvariantCulture));
        var replica = await _replicas.AddAsync($"127.0.0.1:{way.Port},asyncTimeout=2000,abortConnect=false");
        _replicas.Account.Window = TimeSpan.FromSeconds(30); // So that no slot ends meanwhile.
        await replica.TakeAndSendAsync();

        way.StallReplies(); // Redis hears, and is not heard.
        var interactive = replica.AcquireAsync();
        var bulk = replica.AcquireAsync(Lane.Bulk);
        await Should.ThrowAsync<RedisException>(() => interactive);
        await Should.ThrowAsync<RedisException>(() => bulk);
        await Should.ThrowAsync<NotSentException>(() => replica.SendAsync());

        way.Resume();
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                try
                {
                    await replica.TakeAndSendAsync();
                    return true;
                }
                catch (RedisException)
                {
                    return false;
                }
            },
            "Redis is back");

        // What was granted without anybody hearing of it has been given back.
        (await _replicas.Redis.SortedSetLengthAsync(QuotaStore.SlotsKey)).ShouldBe(2);
    }

    private Task WaitingAsync(int replicas) => Eventually.BecomesTrueAsync(
        async () => await _replicas.Redis.SortedSetLengthAsync(QuotaStore.InteractiveKey) == replicas, $"{replicas} replicas wait");

    private async Task<string> InAsync(int milliseconds) => FormattableString.Invariant($"{await _replicas.NowAsync() + milliseconds:F3}");

    /// <summary>The replicas in the order in which they are granted what they all ask for at once.</summary>
    private static async Task<IReadOnlyList<Replica>> OrderAsync(IEnumerable<(Replica Replica, Lane Lane)> demands)
    {
        var order = new List<Replica>();
        await Task.WhenAll(demands.Select(async demand =>
        {
            var permit = await demand.Replica.AcquireAsync(demand.Lane, isFull: true);
            lock (order)
                order.Add(demand.Replica);
            await demand.Replica.SendAsync(permit);
        }));
        return order;
    }

    /// <summary>What is measured is right at least once in five times: the machine may be busy with something else.</summary>
    private static async Task OneOfFiveAsync<T>(Func<Task<T>> measureAsync, Action<T> check)
    {
        for (var attempt = 1; ; attempt++)
        {
            var measured = await measureAsync();
            try
            {
                check(measured);
                return;
            }
            catch (ShouldAssertException) when (attempt < 5)
            {
                // Once more.
            }
        }
    }
}
