using System.Globalization;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.Testing;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.Quota;

/// <summary>Who gets a slot, and when: over several replicas on one real Redis, whose clock goes as it goes.</summary>
public sealed class SlotTests(Servers servers) : IAsyncLifetime
{
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

        var started = _replicas.Account.Now;
        var senders = replicas.SelectMany(replica => Enumerable.Range(0, 8).Select(sender => Task.Run(async () =>
        {
            while (_replicas.Account.Now - started < TimeSpan.FromSeconds(4))
                await replica.TakeAndSendAsync(sender % 2 == 0 ? Lane.Interactive : Lane.Bulk, isFull: true);
        })));
        await Task.WhenAll(senders);

        _replicas.Account.Refused.ShouldBe(0);
        _replicas.Account.Own.Count(moment => moment > started && moment < started + TimeSpan.FromSeconds(4)).ShouldBeGreaterThan(60); // Of 80.
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
        await dead.AcquireAsync(); // And nothing more is heard of it.

        var granted = _replicas.Account.Now;
        await living.AcquireAsync().WaitAsync(Long, TimeProvider.System);

        (_replicas.Account.Now - granted).ShouldBeInRange(TimeSpan.FromMilliseconds(900), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_slot_whose_request_was_not_sent_goes_to_whoever_waits_wherever_he_waits()
    {
        var holder = await _replicas.AddAsync();
        var waiter = await _replicas.AddAsync();
        await holder.Store.FinishAsync("learn", new(SlotUse.Refused, TimeSpan.Zero) { Limit = new(1, TimeSpan.FromSeconds(30)) });
        var permit = await holder.AcquireAsync();
        var waiting = waiter.AcquireAsync();
        await WaitingAsync(1);

        await holder.Governor.ReturnAsync(permit);
        var next = await waiting.WaitAsync(TimeSpan.FromMilliseconds(900), TimeProvider.System); // Sooner than it would ask by itself.

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
        var order = new List<string>();
        var waiting = Enumerable.Range(0, 30).Select(_ => NoteAsync(greedy, "greedy"))
            .Concat(Enumerable.Range(0, 10).Select(_ => NoteAsync(modest, "modest")));
        await Task.WhenAll(waiting);

        order.Skip(4).Take(12).Count(name => name == "modest").ShouldBeInRange(5, 7, string.Join(' ', order)); // After the burst.

        async Task NoteAsync(Replica replica, string name)
        {
            var permit = await replica.AcquireAsync(isFull: true);
            lock (order)
                order.Add(name);
            await replica.SendAsync(permit);
        }
    }

    [Fact]
    public async Task While_both_lanes_wait_bulk_gets_its_share_and_no_more_also_when_they_wait_in_different_replicas()
    {
        var interactive = await _replicas.AddAsync();
        var bulk = await _replicas.AddAsync();
        await _replicas.LearnAsync(bulk);
        var order = new List<Lane>();
        var waiting = Enumerable.Range(0, 40).Select(_ => NoteAsync(interactive.AcquireAsync(Lane.Interactive)))
            .Concat(Enumerable.Range(0, 40).Select(_ => NoteAsync(bulk.AcquireAsync(Lane.Bulk))))
            .ToList();
        foreach (var grant in waiting)
            _ = grant.ContinueWith(_ => { }, TaskScheduler.Default);
        await Eventually.BecomesTrueAsync(() => Count() >= 45, "many are granted");

        lock (order)
            order.Skip(5).Take(40).Count(lane => lane == Lane.Bulk).ShouldBeInRange(14, 18); // 40 %.

        int Count()
        {
            lock (order)
                return order.Count;
        }

        async Task NoteAsync(Task<Permit> permit)
        {
            var granted = await permit;
            lock (order)
                order.Add(granted.Demand.Lane);
            await (granted.Demand.Lane == Lane.Bulk ? bulk : interactive).SendAsync(granted);
        }
    }

    [Fact]
    public async Task A_replica_that_does_not_take_its_turn_is_passed_over()
    {
        var frozen = await _replicas.AddAsync();
        var living = await _replicas.AddAsync();
        await _replicas.LearnAsync(living);

        // It has asked while there was nothing, and is never heard of again.
        await _replicas.Redis.HashSetAsync(QuotaStore.StateKey, "hold", await InAsync(300));
        (await frozen.Store.AcquireAsync("never", [Lane.Interactive], isFull: false)).ShouldBeOfType<SlotReply.Wait>();
        var waiting = living.AcquireAsync();
        await WaitingAsync(2);
        var asked = _replicas.Account.Now;
        await waiting.WaitAsync(Long, TimeProvider.System);

        (_replicas.Account.Now - asked).ShouldBeInRange(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1000)); // 300 and 50.
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                await living.Governor.ReturnAsync(await living.AcquireAsync());
                return await _replicas.Redis.SortedSetLengthAsync(QuotaStore.InteractiveKey) == 0;
            },
            "it is gone from the queue");
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
        (_replicas.Account.Now - forgotten).ShouldBeInRange(TimeSpan.FromMilliseconds(990), TimeSpan.FromSeconds(3));
        var once = _replicas.Account.Now;
        await replica.AcquireAsync().WaitAsync(Long, TimeProvider.System);
        await other.AcquireAsync().WaitAsync(Long, TimeProvider.System);
        (_replicas.Account.Now - once).ShouldBeLessThan(TimeSpan.FromMilliseconds(900));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_by_an_hour_costs_one_window()
    {
        const int Hour = 3_600_000;
        var replica = await _replicas.AddAsync();
        _replicas.Account.Limit = 2;
        await _replicas.LearnAsync(replica);
        foreach (var moment in (string[])["at", "next", "hold", "turn", "measured"])
            await _replicas.Redis.HashSetAsync(QuotaStore.StateKey, moment, await InAsync(Hour));
        foreach (var slot in (string[])["one", "two"])
            await _replicas.Redis.SortedSetAddAsync(QuotaStore.SlotsKey, slot, double.Parse(await InAsync(Hour), CultureInfo.InvariantCulture));

        var setBack = _replicas.Account.Now;
        await replica.AcquireAsync().WaitAsync(Long, TimeProvider.System);

        (_replicas.Account.Now - setBack).ShouldBeInRange(TimeSpan.FromMilliseconds(990), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_first_start_does_not_wait_and_a_lone_request_asks_Redis_twice()
    {
        var replica = await _replicas.AddAsync();
        var started = _replicas.Account.Now;
        for (var request = 0; request < 10; request++)
            await replica.TakeAndSendAsync();
        (_replicas.Account.Now - started).ShouldBeLessThan(TimeSpan.FromSeconds(1));

        var server = _replicas.Redis.Multiplexer.GetServers()[0];
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System); // A place in the pace.
        var before = await CallsAsync();
        await replica.TakeAndSendAsync();
        (await CallsAsync() - before).ShouldBe(2);

        async Task<long> CallsAsync() => (await server.InfoAsync("commandstats")).SelectMany(group => group)
            .Where(entry => entry.Key.StartsWith("cmdstat_eval", StringComparison.Ordinal))
            .Sum(entry => long.Parse(entry.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Without_Redis_those_who_wait_are_told_and_the_next_are_served_when_it_is_back()
    {
        var address = ConfigurationOptions.Parse(servers.Redis).EndPoints[0].ToString()!.Split('/')[^1].Split(':');
        await using var way = TcpProxy.Start(address[0], int.Parse(address[1], CultureInfo.InvariantCulture));
        var replica = await _replicas.AddAsync($"127.0.0.1:{way.Port},asyncTimeout=500,abortConnect=false");
        _replicas.Account.Window = TimeSpan.FromSeconds(10); // So that no slot ends meanwhile.
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

    private async Task<string> InAsync(int milliseconds)
    {
        var time = (RedisResult[])(await _replicas.Redis.ExecuteAsync("TIME"))!;
        return FormattableString.Invariant($"{((double)time[0] * 1000) + ((double)time[1] / 1000) + milliseconds:F3}");
    }
}
