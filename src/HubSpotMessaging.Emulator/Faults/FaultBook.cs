using System.Collections.Immutable;
using System.Globalization;

namespace HubSpotMessaging.Emulator;

/// <summary>The faults that are switched on, in the order in which they were.</summary>
public sealed class FaultBook : IResettable
{
    private readonly Lock _lock = new();
    private ImmutableList<ActiveFault> _faults = [];
    private int _lastId;

    internal FaultBook()
    {
    }

    /// <summary>The faults, also those that have struck as often as they were to.</summary>
    public IReadOnlyList<ActiveFault> Active
    {
        get { lock (_lock) return _faults; }
    }

    /// <summary>Switches a fault on.</summary>
    /// <param name="fault">What shall go wrong.</param>
    /// <returns>The fault, to see how often it struck.</returns>
    public ActiveFault Add(Fault fault)
    {
        lock (_lock)
        {
            var active = new ActiveFault((++_lastId).ToString(CultureInfo.InvariantCulture), fault);
            _faults = _faults.Add(active);
            return active;
        }
    }

    /// <summary>Switches a fault off; calls and answers that it holds go on.</summary>
    /// <param name="id">The id of the fault.</param>
    /// <returns>Whether there was such a fault.</returns>
    public bool Remove(string id)
    {
        ActiveFault? removed;
        lock (_lock)
        {
            removed = _faults.Find(fault => fault.Id == id);
            if (removed is not null) _faults = _faults.Remove(removed);
        }

        removed?.Release();
        return removed is not null;
    }

    /// <summary>Switches every fault off.</summary>
    public void Clear()
    {
        ImmutableList<ActiveFault> removed;
        lock (_lock)
        {
            removed = _faults;
            _faults = [];
        }

        removed.ForEach(fault => fault.Release());
    }

    void IResettable.Reset() => Clear();

    /// <summary>What the call has to wait out, whatever becomes of it afterwards.</summary>
    internal IReadOnlyList<ActiveFault> Delay(HttpContext context) =>
        [.. Active.Where(fault => fault.Fault.IsDelay && fault.Strikes(context))];

    /// <summary>The fault that decides the call, if any: the first that matches.</summary>
    internal ActiveFault? Decide(HttpContext context) =>
        Active.FirstOrDefault(fault => !fault.Fault.IsDelay && fault.Strikes(context));
}
