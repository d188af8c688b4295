using HubSpotMessaging.HubSpot.Delivery.Coalescing;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Time.Testing;

namespace HubSpotMessaging.UnitTests.HubSpot.Delivery;

/// <summary>What goes together, in which order, and what one caller's end does to his neighbours.</summary>
public sealed class CoalescerTests : IBatchSender<int, string>, IAsyncDisposable
{
    private readonly FreeQuota _quota = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _sent = [];
    private readonly Coalescer<int, string> _coalescer;
    private Func<Parcel<int>, Verdict<string>> _judge = Done;
    private TaskCompletionSource _answer = Answered();

    public CoalescerTests() => _coalescer = new(this, CallKind.Contacts, _quota.AcquireAsync, _quota, new(BatchSize: 3, BatchesInFlight: 2, Waiting: 100), _time);

    [Fact]
    public async Task A_lone_item_goes_at_once()
    {
        (await SendAsync("a", 1)).ShouldBe("a:1");
        _sent.ShouldBe(["a:1"]);
    }

    [Fact]
    public async Task What_waits_goes_together_as_much_as_fits_and_each_learns_its_own_outcome()
    {
        _quota.Hold();
        var all = Enumerable.Range(1, 5).Select(number => SendAsync($"k{number}", number)).ToList();
        _quota.Release();

        (await Task.WhenAll(all)).ShouldBe(["k1:1", "k2:2", "k3:3", "k4:4", "k5:5"]);
        _sent.Order(StringComparer.Ordinal).ShouldBe(["k1:1 k2:2 k3:3", "k4:4 k5:5"]);
    }

    [Fact]
    public async Task Items_about_the_same_thing_are_one_parcel()
    {
        _quota.Hold();
        Task<string>[] all = [SendAsync("a", 1), SendAsync("b", 2), SendAsync("a", 3)];
        _quota.Release();

        (await Task.WhenAll(all)).ShouldBe(["a:1", "b:2", "a:3"]);
        _sent.ShouldBe(["a:1,3 b:2"]);
    }

    [Fact]
    public async Task What_is_about_the_same_thing_as_something_under_way_waits_for_it()
    {
        Hold();
        var first = SendAsync("a", 1);
        await SentAsync(1);
        var second = SendAsync("a", 2);
        var other = SendAsync("b", 3);
        await SentAsync(2);
        _sent.ShouldBe(["a:1", "b:3"]);

        _answer.SetResult();
        await Task.WhenAll(first, second, other);
        _sent.ShouldBe(["a:1", "b:3", "a:2"]);
    }

    [Fact]
    public async Task No_more_batches_are_under_way_than_allowed()
    {
        Hold();
        var all = Enumerable.Range(1, 9).Select(number => SendAsync($"k{number}", number)).ToList();
        await SentAsync(2);
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        _sent.Count.ShouldBe(2);

        _answer.SetResult();
        await Task.WhenAll(all);
    }

    [Fact]
    public async Task The_urgent_goes_first_and_is_topped_up_with_bulk()
    {
        _quota.Hold();
        List<Task<string>> all = [.. Enumerable.Range(1, 4).Select(number => SendAsync($"bulk{number}", number, Lane.Bulk)), SendAsync("urgent", 9)];
        await Task.Yield();
        _quota.Release();
        await Task.WhenAll(all);

        // Whichever lane got its permit first, the urgent one was in its batch.
        _sent.Count.ShouldBe(2);
        _sent.ShouldContain(batch => batch.StartsWith("urgent:9", StringComparison.Ordinal) || batch.EndsWith("urgent:9", StringComparison.Ordinal));
        _quota.Given.Select(demand => demand.Lane).ShouldContain(Lane.Bulk);
    }

    [Fact]
    public async Task A_full_batch_says_so_to_the_quota()
    {
        var demands = new TaskCompletionSource<Demand>();
        var permit = new TaskCompletionSource<Permit>();
        await using var coalescer = new Coalescer<int, string>(this, CallKind.Contacts, AcquireAsync, _quota, new(3, 1, 100), _time);
        List<Task<string>> all = [coalescer.SendAsync("k1", 1, Lane.Interactive, CancellationToken.None)];
        var demand = await demands.Task;
        demand.IsFull().ShouldBeFalse();
        all.AddRange([coalescer.SendAsync("k2", 2, Lane.Interactive, CancellationToken.None), coalescer.SendAsync("k3", 3, Lane.Bulk, CancellationToken.None)]);
        demand.IsFull().ShouldBeTrue();
        permit.SetResult(new("slot", demand));

        await Task.WhenAll(all);
        _sent.ShouldBe(["k1:1 k2:2 k3:3"]);

        Task<Permit> AcquireAsync(Demand wanted, CancellationToken cancellationToken)
        {
            if (wanted.Lane == Lane.Bulk)
                return new TaskCompletionSource<Permit>().Task.WaitAsync(cancellationToken); // The interactive one is to have it.
            demands.TrySetResult(wanted);
            return permit.Task.WaitAsync(cancellationToken);
        }
    }

    [Fact]
    public async Task Who_is_cancelled_while_waiting_is_not_sent_and_his_neighbours_are()
    {
        using var cancellation = new CancellationTokenSource();
        _quota.Hold();
        var stays = SendAsync("a", 1);
        var goes = SendAsync("a", 2, cancellationToken: cancellation.Token);
        var other = SendAsync("b", 3);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => goes);
        _quota.Release();

        await Task.WhenAll(stays, other);
        _sent.ShouldBe(["a:1 b:3"]);
    }

    [Fact]
    public async Task Who_is_cancelled_while_he_is_being_sent_learns_the_outcome()
    {
        using var cancellation = new CancellationTokenSource();
        Hold();
        var sending = SendAsync("a", 1, cancellationToken: cancellation.Token);
        await SentAsync(1);
        await cancellation.CancelAsync();
        _answer.SetResult();

        (await sending).ShouldBe("a:1");
    }

    [Fact]
    public async Task A_permit_for_which_nobody_is_left_is_not_kept()
    {
        using var cancellation = new CancellationTokenSource();
        _quota.Hold();
        var goes = SendAsync("a", 1, cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => goes);
        _quota.Release();
        await SendAsync("b", 2);

        _sent.ShouldBe(["b:2"]);
        (_quota.Given.Count - _quota.Returned.Count).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_refused_as_one_goes_again_one_by_one_in_its_order()
    {
        _quota.Hold();
        Task<string>[] all = [SendAsync("a", 1), SendAsync("a", 2), SendAsync("a", 3), SendAsync("b", 4)];
        _judge = parcel => parcel.Items.Count > 1 ? new Verdict<string>.Apart() : Done(parcel);
        _quota.Release();

        (await Task.WhenAll(all)).ShouldBe(["a:1", "a:2", "a:3", "b:4"]);
        _sent.ShouldBe(["a:1,2,3 b:4", "a:1", "a:2", "a:3"]);
    }

    [Fact]
    public async Task What_cannot_go_as_one_goes_one_after_the_other_each_with_what_else_waits()
    {
        await using var oneByOne = new Coalescer<int, string>(
            this, CallKind.Timeline, _quota.AcquireAsync, _quota, new(BatchSize: 3, BatchesInFlight: 2, Waiting: 100) { IsOneByOne = true }, _time);
        _quota.Hold();
        var all = ((string, int)[])[("a", 1), ("a", 2), ("b", 3)];
        var outcomes = all.Select(item => oneByOne.SendAsync(item.Item1, item.Item2, Lane.Interactive, CancellationToken.None)).ToList();
        _quota.Release();

        (await Task.WhenAll(outcomes)).ShouldBe(["a:1", "a:2", "b:3"]);
        _sent.ShouldBe(["a:1 b:3", "a:2"]);
    }

    [Fact]
    public async Task A_batch_that_is_large_enough_goes_without_the_rest()
    {
        await using var small = new Coalescer<int, string>(
            this, CallKind.Timeline, _quota.AcquireAsync, _quota, new(BatchSize: 3, BatchesInFlight: 1, Waiting: 100) { BatchBytes = 10 }, _time, item => item);
        _quota.Hold();
        var all = ((string, int)[])[("a", 9), ("b", 30), ("c", 1), ("d", 2), ("e", 3), ("f", 4)];
        var outcomes = all.Select(item => small.SendAsync(item.Item1, item.Item2, Lane.Interactive, CancellationToken.None)).ToList();
        _quota.Release();

        await Task.WhenAll(outcomes);
        _sent.ShouldBe(["a:9 b:30", "c:1 d:2 e:3", "f:4"]);
    }

    [Fact]
    public async Task What_cannot_go_yet_goes_later_and_holds_nobody_up()
    {
        var tries = 0;
        _judge = parcel => parcel.Key == "a" && tries++ == 0 ? new Verdict<string>.Later(TimeSpan.FromSeconds(1)) : Done(parcel);
        var later = SendAsync("a", 1);
        await SentAsync(1);
        await SendAsync("b", 2);
        var joins = SendAsync("a", 3);
        later.IsCompleted.ShouldBeFalse();

        while (!later.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        (await Task.WhenAll(later, joins)).ShouldBe(["a:1", "a:3"]);
        _sent.ShouldBe(["a:1", "b:2", "a:3,1"]);
    }

    [Fact]
    public async Task What_cannot_go_before_another_about_the_same_thing_lets_that_go_first()
    {
        var done = new HashSet<int>();
        _judge = parcel =>
        {
            if (parcel.Items is [1, 2])
                return new Verdict<string>.Apart();
            if (parcel.Items[0] switch { 1 => !done.Contains(3), 3 => !done.Contains(2), _ => false })
                return new Verdict<string>.Later(TimeSpan.FromSeconds(1)); // Of those that go alone one waits for one that does not, and that for one that does.
            done.UnionWith(parcel.Items);
            return Done(parcel);
        };
        _quota.Hold();
        List<Task<string>> all = [SendAsync("a", 1), SendAsync("a", 2)];
        _quota.Release();
        await SentAsync(2);
        all.Add(SendAsync("a", 3));
        var ended = Task.WhenAll(all);
        for (var step = 0; step < 1_000 && !ended.IsCompleted; step++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        ended.IsCompleted.ShouldBeTrue(string.Join(" | ", _sent.Take(20)));
    }

    [Fact]
    public async Task Who_is_cancelled_while_his_parcel_rests_ends_then()
    {
        using var cancellation = new CancellationTokenSource();
        _judge = parcel => parcel.Key == "a" ? new Verdict<string>.Later(TimeSpan.FromSeconds(1)) : Done(parcel);
        var resting = SendAsync("a", 1, cancellationToken: cancellation.Token);
        await SentAsync(1);
        await SendAsync("b", 2); // By now the first has been judged.
        await cancellation.CancelAsync();
        while (!resting.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await Should.ThrowAsync<OperationCanceledException>(() => resting);
    }

    [Fact]
    public async Task A_failure_is_told_to_those_it_is_about()
    {
        _judge = parcel => parcel.Key == "a" ? new Verdict<string>.Failed(new FormatException()) : Done(parcel);
        _quota.Hold();
        var bad = SendAsync("a", 1);
        var good = SendAsync("b", 2);
        _quota.Release();

        await Should.ThrowAsync<FormatException>(() => bad);
        (await good).ShouldBe("b:2");
    }

    [Fact]
    public async Task At_the_end_what_is_being_sent_is_finished_and_what_waits_is_cancelled()
    {
        Hold();
        var sending = SendAsync("a", 1);
        await SentAsync(1);
        var waiting = SendAsync("a", 2);
        var ending = _coalescer.DisposeAsync().AsTask();
        ending.IsCompleted.ShouldBeFalse();
        _answer.SetResult();

        await ending;
        (await sending).ShouldBe("a:1");
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        await Should.ThrowAsync<OperationCanceledException>(() => SendAsync("b", 3));
    }

    [Fact]
    public async Task Who_comes_when_the_memory_is_full_waits_outside()
    {
        await using var small = new Coalescer<int, string>(this, CallKind.Contacts, _quota.AcquireAsync, _quota, new(3, 2, Waiting: 2), _time);
        using var cancellation = new CancellationTokenSource();
        _quota.Hold();
        Task<string>[] inside = [small.SendAsync("a", 1, Lane.Bulk, CancellationToken.None), small.SendAsync("b", 2, Lane.Bulk, CancellationToken.None)];
        var outside = small.SendAsync("c", 3, Lane.Bulk, cancellation.Token);
        _quota.Release();
        await Task.WhenAll(inside);
        await outside;

        _sent[0].ShouldBe("a:1 b:2");
    }

    public async Task<IReadOnlyList<Verdict<string>>> SendAsync(IReadOnlyList<Parcel<int>> parcels, Permit permit, CancellationToken cancellationToken)
    {
        lock (_sent)
            _sent.Add(string.Join(' ', parcels.Select(parcel => $"{parcel.Key}:{string.Join(',', parcel.Items)}")));
        await _answer.Task;
        return [.. parcels.Select(_judge)];
    }

    public async ValueTask DisposeAsync()
    {
        _answer.TrySetResult();
        await _coalescer.DisposeAsync();
    }

    private Task<string> SendAsync(string key, int item, Lane lane = Lane.Interactive, CancellationToken cancellationToken = default) =>
        _coalescer.SendAsync(key, item, lane, cancellationToken);

    private static Verdict<string> Done(Parcel<int> parcel) => new Verdict<string>.Done([.. parcel.Items.Select(item => $"{parcel.Key}:{item}")]);

    private void Hold() => _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Answered()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }

    private async Task SentAsync(int batches)
    {
        while (Count() < batches)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);

        int Count()
        {
            lock (_sent)
                return _sent.Count;
        }
    }
}
