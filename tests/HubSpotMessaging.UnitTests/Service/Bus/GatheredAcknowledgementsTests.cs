using HubSpotMessaging.Service.Bus;
using Microsoft.Extensions.Time.Testing;

namespace HubSpotMessaging.UnitTests.Service.Bus;

public sealed class GatheredAcknowledgementsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    private readonly NotingTime _time = new();
    private readonly List<(ulong Tag, bool Multiple)> _sent = [];
    private readonly GatheredAcknowledgements _acknowledgements;
    private TaskCompletionSource? _broker;

    public GatheredAcknowledgementsTests() => _acknowledgements = new(
        async (tag, multiple) =>
        {
            lock (_sent)
                _sent.Add((tag, multiple));
            if (_broker is { } broker)
                await broker.Task;
        },
        _time);

    [Fact]
    public async Task One_message_is_acknowledged_by_itself()
    {
        await EndAsync(1);
        await EndAsync(2);

        _sent.ShouldBe([(1UL, false), (2UL, false)]);
    }

    [Fact]
    public async Task What_ends_while_the_broker_is_told_of_others_is_acknowledged_as_one()
    {
        _broker = new();
        var first = _acknowledgements.AcknowledgeAsync(1);
        await SentAsync(1);
        Task[] others = [.. new ulong[] { 3, 2, 4 }.Select(_acknowledgements.AcknowledgeAsync)];
        others.ShouldAllBe(other => !other.IsCompleted);
        _broker.SetResult();
        await Task.WhenAll([first, .. others]).WaitAsync(Long);

        _sent.ShouldBe([(1UL, false), (4UL, true)]);
    }

    [Fact]
    public async Task An_older_message_that_ends_within_the_moment_makes_one_of_both()
    {
        var newer = _acknowledgements.AcknowledgeAsync(2);
        await _time.IsAwaited.Task.WaitAsync(Long);
        var older = _acknowledgements.AcknowledgeAsync(1);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        await Task.WhenAll(newer, older).WaitAsync(Long);

        _sent.ShouldBe([(2UL, true)]);
    }

    [Fact]
    public async Task No_message_waits_longer_for_an_older_one_and_that_is_acknowledged_when_it_ends()
    {
        var newer = Task.WhenAll(_acknowledgements.AcknowledgeAsync(2), _acknowledgements.AcknowledgeAsync(3));
        await EndsAsync(newer);
        _sent.ShouldBe([(2UL, false), (3UL, false)]);

        // The broker no longer knows 3, so it cannot be named.
        await EndAsync(1);
        _sent[^1].ShouldBe((1UL, false));

        await EndAsync(4);
        _sent[^1].ShouldBe((4UL, false));
    }

    [Fact]
    public async Task What_goes_back_to_its_queue_is_never_taken_along()
    {
        var behind = Task.WhenAll(_acknowledgements.AcknowledgeAsync(2), _acknowledgements.AcknowledgeAsync(3));
        await EndsAsync(behind);
        _sent.ShouldBe([(2UL, false), (3UL, false)]);

        _acknowledgements.NoteReturned(1);
        _broker = new();
        var next = _acknowledgements.AcknowledgeAsync(4);
        await SentAsync(3);
        var others = Task.WhenAll(_acknowledgements.AcknowledgeAsync(5), _acknowledgements.AcknowledgeAsync(6));
        _broker.SetResult();
        await Task.WhenAll(next, others).WaitAsync(Long);
        _sent.Skip(2).ShouldBe([(4UL, false), (6UL, true)]);
    }

    [Fact]
    public async Task A_failure_is_told_to_all_of_whom_it_was_and_to_no_other()
    {
        _broker = new();
        var first = _acknowledgements.AcknowledgeAsync(1);
        await SentAsync(1);
        var second = _acknowledgements.AcknowledgeAsync(2);
        _broker.SetException(new IOException("gone"));
        await Should.ThrowAsync<IOException>(first.WaitAsync(Long));

        await Should.ThrowAsync<IOException>(second.WaitAsync(Long));
        _broker = null;
        await EndAsync(3);
        _sent[^1].ShouldBe((3UL, false));
    }

    [Fact]
    public async Task A_message_that_never_ends_costs_no_memory_for_ever()
    {
        for (var tag = 2UL; tag < 12_000; tag += 1_000)
            await EndsAsync(Task.WhenAll(Enumerable.Range(0, 1_000).Select(offset => _acknowledgements.AcknowledgeAsync(tag + (ulong)offset)).ToList()));
        await EndAsync(20_000); // Without a wait, for nothing is gathered any more.
        await EndAsync(1);

        _sent.Count.ShouldBe(12_002);
        _sent.ShouldAllBe(sent => !sent.Multiple);
    }

    private Task EndAsync(ulong tag) => _acknowledgements.AcknowledgeAsync(tag).WaitAsync(Long);

    /// <summary>Lets the moment pass until it has ended.</summary>
    private async Task EndsAsync(Task acknowledged)
    {
        while (!acknowledged.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(5));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        await acknowledged;
    }

    private async Task SentAsync(int count)
    {
        while (true)
        {
            lock (_sent)
                if (_sent.Count >= count)
                    return;
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    /// <summary>Tells when somebody waits for it.</summary>
    private sealed class NotingTime : FakeTimeProvider
    {
        public TaskCompletionSource IsAwaited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            IsAwaited.TrySetResult();
            return timer;
        }
    }
}
