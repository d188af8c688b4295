namespace HubSpotMessaging.HubSpot.Delivery.Coalescing;

/// <summary>
/// How many batches may be under way. As long as answers come soon a few are enough, and are fuller, and end in the order in which they
/// began: a broker searches for each acknowledgement among all deliveries that are older. Only what is answered late needs more.
/// </summary>
/// <param name="most">How many, however late the answers are.</param>
/// <param name="time">The clock.</param>
internal sealed class ConcurrencyLimit(int most, TimeProvider time) : IAsyncDisposable
{
    /// <summary>So many within <see cref="Soon"/> are 28 a second, and no account has a limit of more than 25.</summary>
    private const int AtOnce = 4;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(140);

    private readonly SemaphoreSlim _places = new(most);
    private readonly SemaphoreSlim _soon = new(AtOnce);

    /// <summary>Waits until another one may begin.</summary>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            await _soon.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _places.Release();
            throw;
        }
    }

    /// <summary>Keeps the place that was entered until a batch has ended.</summary>
    public async Task LeaveAfterAsync(Task batch)
    {
        await batch.WaitAsync(Soon, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _soon.Release();
        await batch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _places.Release();
    }

    /// <summary>Gives back the place that was entered.</summary>
    public void Leave() => _ = LeaveAfterAsync(Task.CompletedTask);

    /// <summary>Waits for what is under way. Nothing may enter any more.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var place = 0; place < most; place++)
            await _places.WaitAsync();
        _places.Dispose();
        _soon.Dispose();
    }
}
