using HubSpotMessaging.HubSpot.Delivery.Coalescing;
using Microsoft.Extensions.Time.Testing;

namespace HubSpotMessaging.UnitTests.HubSpot.Delivery;

/// <summary>How many batches begin before others have ended.</summary>
public sealed class ConcurrencyLimitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<TaskCompletionSource> _batches = [];

    [Fact]
    public async Task A_fifth_begins_when_one_of_four_has_ended()
    {
        var limit = new ConcurrencyLimit(16, _time);
        await BeginAsync(limit, 4);
        var fifth = BeginAsync(limit);
        fifth.IsCompleted.ShouldBeFalse();

        _batches[2].SetException(new InvalidOperationException("However it ended."));
        await fifth;

        await EndAsync(limit);
    }

    [Fact]
    public async Task More_begin_while_answers_are_late_but_no_more_than_allowed()
    {
        var limit = new ConcurrencyLimit(6, _time);
        await BeginAsync(limit, 4);
        var fifth = BeginAsync(limit);

        _time.Advance(TimeSpan.FromMilliseconds(139));
        fifth.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await fifth;
        await BeginAsync(limit);

        var seventh = BeginAsync(limit);
        _time.Advance(TimeSpan.FromHours(1));
        seventh.IsCompleted.ShouldBeFalse();
        _batches[0].SetResult();
        await seventh;

        await EndAsync(limit);
    }

    [Fact]
    public async Task Who_gives_up_or_leaves_keeps_no_place()
    {
        var limit = new ConcurrencyLimit(4, _time);
        for (var attempt = 0; attempt < 10; attempt++)
        {
            await limit.EnterAsync(CancellationToken.None);
            limit.Leave();
        }

        await BeginAsync(limit, 4);
        using var givenUp = new CancellationTokenSource();
        var waiting = limit.EnterAsync(givenUp.Token);
        await givenUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);

        await EndAsync(limit);
    }

    private async Task BeginAsync(ConcurrencyLimit limit, int count = 1)
    {
        for (var batch = 0; batch < count; batch++)
        {
            await limit.EnterAsync(CancellationToken.None);
            _batches.Add(new());
            _ = limit.LeaveAfterAsync(_batches[^1].Task);
        }
    }

    /// <summary>Ends only when all have left.</summary>
    private async Task EndAsync(ConcurrencyLimit limit)
    {
        var ended = limit.DisposeAsync().AsTask();
        ended.IsCompleted.ShouldBeFalse();
        foreach (var batch in _batches)
            batch.TrySetResult();
        await ended.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
    }
}
