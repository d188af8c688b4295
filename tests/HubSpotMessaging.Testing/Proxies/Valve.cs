namespace HubSpotMessaging.Testing.Proxies;

/// <summary>Lets through, or makes wait, whoever comes by.</summary>
internal sealed class Valve
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _closed;
    private (byte[] Mark, TaskCompletionSource Reached)? _watch;

    /// <summary>How long each piece takes that passes.</summary>
    public TimeSpan Delay { get; set; }

    public void Close()
    {
        lock (_lock)
            _closed ??= New();
    }

    /// <summary>Closes before the first bytes that have a mark in them.</summary>
    /// <returns>Ends when it has.</returns>
    public Task CloseAtAsync(byte[] mark)
    {
        lock (_lock)
        {
            _watch = (mark, New());
            return _watch.Value.Reached.Task;
        }
    }

    /// <summary>Looks at what is about to pass.</summary>
    public void Inspect(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_watch is not var (mark, reached) || bytes.IndexOf(mark) < 0)
                return;
            _watch = null;
            _closed ??= New();
            reached.SetResult();
        }
    }

    public void Open()
    {
        lock (_lock)
        {
            _closed?.SetResult();
            (_closed, _watch) = (null, null);
        }
    }

    /// <summary>Ends when the valve is open, and the delay over.</summary>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        if (Delay is var delay && delay > TimeSpan.Zero)
            await Task.Delay(delay, TimeProvider.System, cancellationToken);

        // Asked again after the waiting: it may have been closed anew before this one got its turn.
        while (WhenOpened() is { } opened)
            await opened.WaitAsync(cancellationToken);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task? WhenOpened()
    {
        lock (_lock)
            return _closed?.Task;
    }
}
