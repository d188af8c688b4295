namespace HubSpotMessaging.Testing.Processes;

/// <summary>The last lines that a process wrote, safe to read while it goes on writing.</summary>
internal sealed class OutputBuffer(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = new();
    private long _added;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Add(string line)
    {
        TaskCompletionSource more;
        lock (_lock)
        {
            _lines.Enqueue(line);
            _added++;
            if (_lines.Count > capacity)
                _lines.Dequeue();
            (more, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.SetResult();
    }

    /// <summary>The first line that matches, of those still held and of those to come.</summary>
    public async Task<string> WaitForAsync(Func<string, bool> predicate, CancellationToken cancellationToken)
    {
        for (long seen = 0; ;)
        {
            string[] fresh;
            Task more;
            lock (_lock)
            {
                fresh = [.. _lines.TakeLast((int)Math.Min(_added - seen, _lines.Count))];
                seen = _added;
                more = _more.Task;
            }

            if (Array.Find(fresh, line => predicate(line)) is { } match)
                return match;
            await more.WaitAsync(cancellationToken);
        }
    }

    public string Tail(int lines)
    {
        lock (_lock)
            return string.Join('\n', _lines.TakeLast(lines));
    }

    public override string ToString() => Tail(capacity);
}
