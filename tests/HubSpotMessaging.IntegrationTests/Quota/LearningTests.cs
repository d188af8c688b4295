using HubSpotMessaging.HubSpot.Quota;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.Quota;

/// <summary>
/// What HubSpot's answers teach the quota. What comes late changes nothing: moments are compared as Redis keeps them, and where something
/// must happen within a window, that is longer than the test takes.
/// </summary>
public sealed class LearningTests(Servers servers) : IAsyncLifetime
{
    private const double Exactly = 0.01; // As Redis rounds them.
    private static readonly RateLimit TwentyASecond = new(20, TimeSpan.FromSeconds(1));
    private static readonly RateLimit TwentyInThirtySeconds = new(20, TimeSpan.FromSeconds(30));
    private Replicas _replicas = null!;
    private Replica _replica = null!;

    public async ValueTask InitializeAsync()
    {
        _replicas = await Replicas.StartAsync(servers.Redis);
        _replica = await _replicas.AddAsync();
    }

    public ValueTask DisposeAsync() => _replicas.DisposeAsync();

    [Fact]
    public async Task The_limit_is_learned_at_once_up_and_down()
    {
        await _replica.TakeAndSendAsync();
        (await StateAsync("max"), await StateAsync("window")).ShouldBe((20, 1000));

        _replicas.Account.Limit = 190;
        await _replica.TakeAndSendAsync();
        (await StateAsync("max")).ShouldBe(190);

        _replicas.Account.Limit = 5;
        _replicas.Account.Window = TimeSpan.FromSeconds(10);
        await _replica.TakeAndSendAsync();
        (await StateAsync("max"), await StateAsync("window")).ShouldBe((5, 10_000));
    }

    [Fact]
    public async Task An_answer_without_the_headers_teaches_nothing()
    {
        _replicas.Account.Tells = false;
        await _replica.TakeAndSendAsync();

        (await StateAsync("max"), await StateAsync("window"), await StateAsync("others")).ShouldBe((100, 10_000, 0));
    }

    [Fact]
    public async Task What_others_use_is_left_to_them()
    {
        _replicas.Account.Window = TimeSpan.FromSeconds(30);
        for (var other = 0; other < 10; other++)
            _replicas.Account.UseElsewhere();
        await _replica.TakeAndSendAsync();
        (await StateAsync("others")).ShouldBe(10);

        // Of 20 there are 8 left, and one of them is used.
        await AgeAsync("heard", seconds: -30);
        (await GrantedAsync()).ShouldBe(7);
    }

    [Fact]
    public async Task Own_requests_that_overtake_one_another_are_not_taken_for_those_of_others()
    {
        var slots = new List<string>();
        while (slots.Count < 8)
            slots.Add((await _replica.AcquireAsync()).Slot);
        var now = await NowAsync();
        await _replicas.Redis.SortedSetAddAsync(QuotaStore.SentKey, [.. slots.Select(slot => new SortedSetEntry(slot, now - 150))]);

        await FinishAsync(remaining: 12); // The first was sent before the others, and arrived as the last of eight.
        (await StateAsync("others")).ShouldBe(0);
        await FinishAsync(remaining: 10);
        (await StateAsync("others")).ShouldBe(0); // Up to 2 is noise.
        await FinishAsync(remaining: 9);
        (await StateAsync("others")).ShouldBe(3);

        // A window that is longer than the test takes.
        async Task FinishAsync(int remaining)
        {
            var took = (int)(await NowAsync() - now) + 200;
            await _replica.Store.FinishAsync(slots[0], Told(SlotUse.Answered, remaining, took) with { Limit = TwentyInThirtySeconds });
        }
    }

    [Fact]
    public async Task What_others_used_is_forgotten_slowly_and_found_at_once()
    {
        await _replica.Store.FinishAsync("a", Told(SlotUse.Answered, remaining: 9) with { Limit = TwentyInThirtySeconds });
        (await StateAsync("others")).ShouldBe(10);
        await _replica.Store.FinishAsync("b", Told(SlotUse.Answered, remaining: 16) with { Limit = TwentyInThirtySeconds });
        (await StateAsync("others")).ShouldBe(10);

        await AgeAsync("measured", seconds: 40); // A window, and two half-lives.
        await _replica.Store.FinishAsync("c", Told(SlotUse.Answered, remaining: 12) with { Limit = TwentyInThirtySeconds });
        (await StateAsync("others")).ShouldBe(5);
    }

    [Fact]
    public async Task What_others_used_is_not_forgotten_before_it_has_left_the_window()
    {
        await _replica.Store.FinishAsync("a", Told(SlotUse.Answered, remaining: 9) with { Limit = TwentyInThirtySeconds });
        await AgeAsync("measured", seconds: 25);
        await _replica.Store.FinishAsync("b", Told(SlotUse.Answered, remaining: 8) with { Limit = TwentyInThirtySeconds });
        await AgeAsync("measured", seconds: 25);
        await _replica.Store.FinishAsync("c", Told(SlotUse.Answered, remaining: 8) with { Limit = TwentyInThirtySeconds });

        (await StateAsync("others")).ShouldBe(10); // HubSpot counted nine then.
    }

    [Theory]
    [InlineData(false, 8)]
    [InlineData(true, 6)] // Meanwhile others may have taken the two that were left for them.
    public async Task Beside_others_two_slots_stay_free_and_two_more_after_a_silence(bool isSilent, int own)
    {
        await _replica.Store.FinishAsync("a", new(SlotUse.Refused, TimeSpan.Zero) { Limit = TwentyInThirtySeconds, Remaining = 10 });
        await AgeAsync("heard", isSilent ? 5 : -30);

        (await GrantedAsync()).ShouldBe(own);
    }

    [Fact]
    public async Task While_there_is_much_to_send_one_late_request_is_made_up_for_and_the_rest_goes_at_the_pace_at_which_slots_come_back()
    {
        var limit = new RateLimit(20, TimeSpan.FromSeconds(198));
        await _replica.Store.FinishAsync("a", Told(SlotUse.Answered, took: 20_000) with { Limit = limit }); // On the average so far: 2 s.

        (await AcquireAsync("first")).ShouldBeOfType<SlotReply.Granted>();
        (await AcquireAsync("second")).ShouldBeOfType<SlotReply.Granted>();
        (await AcquireAsync("third")).ShouldBeOfType<SlotReply.Wait>();
        var first = (await _replicas.Redis.SortedSetScoreAsync(QuotaStore.SentKey, "first"))!.Value;
        (await StateAsync("next") - first).ShouldBe(10_000, Exactly); // (198 s + 2 s) / 20.

        Task<SlotReply> AcquireAsync(string slot) => _replica.Store.AcquireAsync(slot, [Lane.Interactive], isFull: true);
    }

    [Fact]
    public async Task A_full_window_belongs_to_others_and_nothing_is_sent_for_two_gaps()
    {
        await _replicas.LearnAsync(_replica);
        var permit = await _replica.AcquireAsync();
        await _replica.Store.FinishAsync(permit.Slot, Told(SlotUse.Refused) with { IsFull = true });

        (await StateAsync("others")).ShouldBe(20);
        (await SlotsAsync()).ShouldBe(0); // What was refused does not count.
        (await HeldAsync()).ShouldBe(1000, Exactly); // Two gaps of the one that is left, but no more than a window.
    }

    [Fact]
    public async Task A_429_is_obeyed()
    {
        await _replicas.LearnAsync(_replica);
        var now = _replicas.Account.Now;
        _replicas.Account.Instead = _ => Task.FromResult(WithRetryAfter(_replicas.Account.Answer(429, 0, "TEN_SECONDLY_ROLLING"), 1));
        await _replica.TakeAndSendAsync();
        _replicas.Account.Instead = null;
        await _replica.AcquireAsync();
        (_replicas.Account.Now - now).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(999));
    }

    [Fact]
    public async Task The_limit_of_a_second_is_waited_for_and_says_nothing_of_the_window()
    {
        await _replicas.LearnAsync(_replica);
        _replicas.Account.Instead = _ => Task.FromResult(_replicas.Account.Answer(429, 19, "SECONDLY"));
        await _replica.TakeAndSendAsync();

        (await HeldAsync()).ShouldBe(1000, Exactly);
        (await StateAsync("others"), await SlotsAsync()).ShouldBe((0, 0));
    }

    [Fact]
    public async Task The_limit_of_a_day_is_not_the_quotas_to_wait_for()
    {
        await _replicas.LearnAsync(_replica);
        _replicas.Account.Instead = _ => Task.FromResult(WithRetryAfter(_replicas.Account.Answer(429, 19, "DAILY"), 3600));
        await _replica.TakeAndSendAsync();

        (await HeldAsync()).ShouldBeLessThanOrEqualTo(0);
        (await StateAsync("others"), await SlotsAsync()).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_request_without_an_answer_keeps_its_slot_for_a_grace_and_one_that_was_not_sent_gives_it_back()
    {
        await _replicas.LearnAsync(_replica);
        var now = await NowAsync();
        _replicas.Account.Instead = _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");
        await Should.ThrowAsync<HttpRequestException>(() => _replica.TakeAndSendAsync());
        var taken = await _replicas.Redis.SortedSetRangeByRankWithScoresAsync(QuotaStore.SlotsKey);
        taken.ShouldAllBe(slot => slot.Score < now + 2_000); // No more than the one of the beginning, which has been answered.

        _replicas.Account.Instead = _ => throw new HttpRequestException(HttpRequestError.ResponseEnded, "reset");
        await Should.ThrowAsync<HttpRequestException>(() => _replica.TakeAndSendAsync());
        var slots = await _replicas.Redis.SortedSetRangeByRankWithScoresAsync(QuotaStore.SlotsKey);
        (slots.Max(slot => slot.Score) - await StateAsync("at")).ShouldBe(11_000, Exactly);
    }

    private static SlotEnd Told(SlotUse use, int? remaining = null, int took = 0) =>
        new(use, TimeSpan.FromMilliseconds(took)) { Limit = TwentyASecond, Remaining = remaining };

    private static HttpResponseMessage WithRetryAfter(HttpResponseMessage response, int seconds)
    {
        response.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
        return response;
    }

    private Task<double> StateAsync(string field) => _replicas.StateAsync(field);

    private Task<double> NowAsync() => _replicas.NowAsync();

    /// <summary>How long nothing is granted after what was last told.</summary>
    private async Task<double> HeldAsync() => await StateAsync("hold") - await StateAsync("at");

    private Task AgeAsync(string field, int seconds) => _replicas.Redis.HashIncrementAsync(QuotaStore.StateKey, field, -1000.0 * seconds);

    /// <summary>Those that are taken now; the one of the beginning has ended.</summary>
    private async Task<long> SlotsAsync() => await _replicas.Redis.SortedSetLengthAsync(QuotaStore.SlotsKey, await NowAsync());

    /// <summary>How many are granted before one would have to wait.</summary>
    /// <summary>How many slots there are, whatever the pace.</summary>
    private async Task<int> GrantedAsync()
    {
        for (var granted = 0; ; granted++)
        {
            await _replicas.Redis.HashSetAsync(QuotaStore.StateKey, "next", "0");
            if (await _replica.Store.AcquireAsync($"{granted}", [Lane.Interactive], isFull: false) is not SlotReply.Granted)
                return granted;
        }
    }
}
