namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// When a channel last acknowledged a message, so that it is not closed too soon. Of a channel's acknowledgements a quorum queue takes 32
/// at once, and the broker keeps the others until it has; closing the channel loses those, and their messages come again although they
/// are done (rabbitmq-server issue 10327).
/// </summary>
internal sealed class Acknowledgements(TimeProvider time)
{
    /// <summary>A queue takes some hundred in far less; there is no way to ask.</summary>
    private static readonly TimeSpan MayTake = TimeSpan.FromSeconds(1);

    private long _last; // 0 before the first.

    /// <summary>One has been sent.</summary>
    public void Note() => Volatile.Write(ref _last, time.GetTimestamp());

    /// <summary>Waits until the queue has taken all that were sent by now, as far as one can know.</summary>
    public Task TakenAsync() => Volatile.Read(ref _last) is var last and not 0 && MayTake - time.GetElapsedTime(last) is { Ticks: > 0 } left
        ? Task.Delay(left, time)
        : Task.CompletedTask;
}
