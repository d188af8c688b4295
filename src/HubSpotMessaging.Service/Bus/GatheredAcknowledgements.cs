namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// Acknowledges the messages of one channel with as few frames as possible: those that end together, and before which none is left, by one for all
/// of them. An older message that has not ended is waited for no longer than a moment; then those that have are acknowledged one by one.
/// </summary>
/// <param name="acknowledge">Sends an acknowledgement, of one message or of all up to it.</param>
/// <param name="time">The clock.</param>
internal sealed class GatheredAcknowledgements(Func<ulong, bool, ValueTask> acknowledge, TimeProvider time)
{
    /// <summary>How long what has ended waits for what has not, so that one acknowledgement does for both. Little, beside a call to HubSpot.</summary>
    private static readonly TimeSpan GapMayTake = TimeSpan.FromMilliseconds(5);

    /// <summary>So many more than a channel has at work at once, that a message which is older than all of them will hardly end any more.</summary>
    private const int MostAhead = 10_000;

    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _settledAhead = [];
    private ulong _settledUpTo; // Channels count their deliveries from 1.
    private bool _isGivenUp;
    private List<ulong> _ended = [];
    private Task _sent = Task.CompletedTask;
    private Task? _next;

    /// <summary>Acknowledges a message, and with it whatever else ends until whoever is ready has had his turn.</summary>
    /// <returns>Ends when it has been sent.</returns>
    public Task AcknowledgeAsync(ulong deliveryTag)
    {
        lock (_gate)
        {
            Settle(deliveryTag);
            _ended.Add(deliveryTag);
            return _next ??= _sent = SendAsync(_sent);
        }
    }

    /// <summary>
    /// A message has been given back to its queue. Not a moment sooner: an acknowledgement for all up to a later one would take it along.
    /// </summary>
    public void NoteReturned(ulong deliveryTag)
    {
        lock (_gate)
            Settle(deliveryTag);
    }

    /// <summary>One after the other, or one could name what another has taken along, for which the broker closes the channel.</summary>
    private async Task SendAsync(Task before)
    {
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (HasGap())
            await Task.Delay(GapMayTake, time);

        List<ulong> ended;
        ulong upTo;
        lock (_gate)
        {
            (ended, _ended, _next) = (_ended, [], null);
            upTo = _settledUpTo;
        }

        // The broker must know the one that is named, so it has to be among these.
        var covered = ended.Where(tag => tag <= upTo).ToList();
        if (covered.Count > 0)
            await acknowledge(covered.Max(), covered.Count > 1);
        foreach (var tag in ended.Where(tag => tag > upTo))
            await acknowledge(tag, false);
    }

    private bool HasGap()
    {
        lock (_gate)
            return _settledAhead.Count > 0;
    }

    private void Settle(ulong deliveryTag)
    {
        if (_isGivenUp)
            return;

        _settledAhead.Add(deliveryTag);
        while (_settledAhead.Remove(_settledUpTo + 1))
            _settledUpTo++;
        if (_settledAhead.Count <= MostAhead)
            return;

        // From now on each by itself: better than to remember ever more.
        (_isGivenUp, _settledUpTo) = (true, 0);
        _settledAhead.Clear();
    }
}
