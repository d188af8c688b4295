namespace HubSpotMessaging.Testing.Proxies;

/// <summary>Lets through, or makes wait, whoever comes by.</summary>
internal sealed class Valve
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _closed;

    public void Close()
    {
        lock (_lock)
            _closed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Open()
    {
        lock (_lock)
        {
            _closed?.SetResult();
            _closed = null;
        }
    }

    /// <summary>Ends when the valve is open.</summary>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        // Asked again after the waiting: it may have been closed anew before this one got its turn.
        while (WhenOpened() is { } opened)
            await opened.WaitAsync(cancellationToken);
    }

    private Task? WhenOpened()
    {
        lock (_lock)
            return _closed?.Task;
    }
}
