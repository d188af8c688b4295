namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>Those who wait in one lane of this replica: in order within a kind of call, while the kinds take turns.</summary>
internal sealed class LaneQueue<T>
{
    private static readonly CallKind[] Kinds = Enum.GetValues<CallKind>();

    private readonly LinkedList<T>[] _waiting = [.. Kinds.Select(_ => new LinkedList<T>())];
    private int _next;

    public bool IsEmpty => Array.TrueForAll(_waiting, kind => kind.Count == 0);

    /// <summary>All of them.</summary>
    public IEnumerable<T> All => _waiting.SelectMany(kind => kind);

    /// <summary>Somebody waits from now on.</summary>
    public LinkedListNode<T> Add(CallKind kind, T waiter) => _waiting[(int)kind].AddLast(waiter);

    /// <summary>Somebody waits no more. False when he has not waited any more anyway.</summary>
    public static bool Remove(LinkedListNode<T> waiter)
    {
        if (waiter.List is not { } list)
            return false;
        list.Remove(waiter);
        return true;
    }

    /// <summary>Takes the next one out, if anybody waits.</summary>
    public bool TryTake(out T? waiter)
    {
        for (var tried = 0; tried < Kinds.Length; tried++)
        {
            var kind = _waiting[_next];
            _next = (_next + 1) % Kinds.Length;
            if (kind.First is { } first)
            {
                waiter = first.Value;
                kind.RemoveFirst();
                return true;
            }
        }

        waiter = default;
        return false;
    }
}
