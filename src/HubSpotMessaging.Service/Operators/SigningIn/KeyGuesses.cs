using System.Net;
using System.Threading.RateLimiting;

namespace HubSpotMessaging.Service.Operators.SigningIn;

/// <summary>
/// Counts wrong keys at this replica, of each address and those of programs by themselves: five in a minute, and no further one is looked
/// at before that is over, be it right. Whoever is signed in already goes on.
/// </summary>
internal sealed class KeyGuesses : IDisposable
{
    private const int MostInMinute = 5;

    private readonly PartitionedRateLimiter<Guesser> _wrong = PartitionedRateLimiter.Create<Guesser, Guesser>(guesser => RateLimitPartition.GetFixedWindowLimiter(
        guesser, _ => new() { PermitLimit = MostInMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 }));

    /// <summary>After how long another one is looked at; null when at once.</summary>
    public TimeSpan? Wait(HttpContext http, bool isProgram)
    {
        using var look = _wrong.AttemptAcquire(new(AddressOf(http), isProgram), 0);
        return look.IsAcquired ? null : look.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromMinutes(1);
    }

    public void CountWrong(HttpContext http, bool isProgram) => _wrong.AttemptAcquire(new(AddressOf(http), isProgram)).Dispose();

    public void Dispose() => _wrong.Dispose();

    /// <summary>Of IPv6 the network: whoever has one has 2^64 addresses.</summary>
    private static IPAddress AddressOf(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (bytes.Length == 16)
            bytes.AsSpan(8).Clear();
        return new(bytes);
    }

    private readonly record struct Guesser(IPAddress Address, bool IsProgram);
}
