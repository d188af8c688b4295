namespace HubSpotMessaging.HubSpot.Delivery.Coalescing;

/// <summary>Is cancelled when everybody has cancelled: as long as one still waits, a batch goes on.</summary>
internal sealed class Abandonment : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<CancellationTokenRegistration> _registrations = [];
    private int _left;

    public Abandonment(IEnumerable<CancellationToken> tokens)
    {
        List<CancellationToken> all = [.. tokens];
        _left = all.Count;
        foreach (var token in all)
            _registrations.Add(token.UnsafeRegister(static state => ((Abandonment)state!).Count(), this));
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Count()
    {
        if (Interlocked.Decrement(ref _left) == 0)
            _source.Cancel();
    }
}
