namespace HubSpotMessaging.Emulator;

/// <summary>
/// The time from one reset to the next. A call belongs to the era it arrived in: one that is still held when that ends is cut off.
/// </summary>
internal sealed class Era(IHostApplicationLifetime lifetime) : IResettable, IDisposable
{
    private CancellationTokenSource _current = Begin(lifetime);

    /// <summary>Cancelled when the present era ends.</summary>
    public CancellationToken Ended => _current.Token;

    public void Reset()
    {
        using var last = Interlocked.Exchange(ref _current, Begin(lifetime));
        last.Cancel();
    }

    public void Dispose() => _current.Dispose();

    private static CancellationTokenSource Begin(IHostApplicationLifetime lifetime) =>
        CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
}
