namespace HubSpotMessaging.HubSpot.Line;

/// <summary>
/// Whether commands are delivered, as this replica knows it: they are while there is no reason against it. What is wrong with the line
/// is not the fault of a command, so commands wait unharmed.
/// </summary>
public sealed class DeliveryLine
{
    private static readonly PauseReason NotKnownYet = new("start", "Starting");

    private readonly Lock _gate = new();
    private readonly Dictionary<string, CancellationTokenSource> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PauseReason> _own = new(StringComparer.Ordinal) { [NotKnownYet.Field] = NotKnownYet };
    private IReadOnlyList<PauseReason> _shared = [];
    private IReadOnlyList<PauseReason> _reasons = [NotKnownYet];
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>The reasons for which commands wait at present.</summary>
    public IReadOnlyList<PauseReason> Reasons => Volatile.Read(ref _reasons);

    /// <summary>Completes with the next change. Take it before you look, so that you miss none.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>Whether commands of a type are delivered.</summary>
    public bool IsOpenFor(string command) => !Reasons.Any(reason => reason.Concerns(command));

    /// <summary>Cancelled as soon as commands of a type are not delivered: what waits then waits in its queue instead.</summary>
    public CancellationToken PausedFor(string command)
    {
        lock (_gate)
        {
            if (!IsOpenFor(command))
                return new CancellationToken(canceled: true);

            if (!_open.TryGetValue(command, out var source))
                _open[command] = source = new CancellationTokenSource();
            return source.Token;
        }
    }

    /// <summary>Takes over what stands in Redis.</summary>
    internal void Follow(IReadOnlyList<PauseReason> shared) => Change(() =>
    {
        _shared = shared;
        _own.Remove(NotKnownYet.Field);
    });

    /// <summary>Adds a reason of this replica alone.</summary>
    internal void PauseHere(PauseReason reason) => Change(() => _own[reason.Field] = reason);

    /// <summary>Takes a reason of this replica alone away.</summary>
    internal void ResumeHere(PauseReason reason) => Change(() => _own.Remove(reason.Field));

    private void Change(Action change)
    {
        List<CancellationTokenSource> paused = [];
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            List<PauseReason> reasons = [.. _shared, .. _own.Values];
            if (reasons.SequenceEqual(_reasons))
                return;

            Volatile.Write(ref _reasons, reasons);
            foreach (var command in _open.Keys.Where(command => !IsOpenFor(command)).ToList())
            {
                paused.Add(_open[command]);
                _open.Remove(command);
            }

            changed = Interlocked.Exchange(ref _changed, NewSignal());
        }

        // Outside of the lock, since whoever waits goes on at once. Not disposed, since somebody may still be about to listen.
        changed.SetResult();
        foreach (var source in paused)
            source.Cancel();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
