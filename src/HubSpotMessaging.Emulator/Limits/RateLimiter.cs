using HubSpotMessaging.Emulator.Accounts;

namespace HubSpotMessaging.Emulator.Limits;

/// <summary>Counts the requests of each portal's installation of the app.</summary>
internal sealed class RateLimiter(EmulatorSettings settings, AccountRegistry accounts, TimeProvider clock) : IResettable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Usage> _portals = [];

    /// <summary>Counts a request, unless it is refused: that counts neither for the window nor for the day.</summary>
    /// <param name="portalId">Whose limit it is.</param>
    /// <param name="fault">What decides the answer in the limiter's place; the request counts all the same, unless it is <see cref="FaultKind.RateLimited"/>.</param>
    public Permit Take(long portalId, Fault? fault)
    {
        lock (_lock)
        {
            if (!_portals.TryGetValue(portalId, out var usage)) _portals[portalId] = usage = new Usage();
            var now = clock.GetUtcNow();
            var window = TimeSpan.FromMilliseconds(settings.RateLimitWindowMilliseconds);

            var today = DayOf(portalId, now);
            var taken = usage.Window.CountAt(now, window);

            var refusal = fault is not null ? null
                : usage.CountOf(today) >= settings.DailyLimit ? RatePolicy.Daily
                : taken >= settings.RateLimit ? RatePolicy.TenSecondlyRolling
                : null;
            if (refusal is null && fault?.Kind != FaultKind.RateLimited)
            {
                usage.Count(today);
                usage.Window.Add(now);
                taken++;
            }

            return new Permit(refusal, settings.RateLimit, Math.Max(0, (settings.RateLimit ?? 0) - taken), window);
        }
    }

    public void Reset()
    {
        lock (_lock) _portals.Clear();
    }

    private DateOnly DayOf(long portalId, DateTimeOffset now)
    {
        var zone = accounts.Find(portalId) is { TimeZone: var name } && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found)
            ? found
            : TimeZoneInfo.Utc;
        return DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
    }

    private sealed class Usage
    {
        private DateOnly _day;
        private int _count;

        public RollingWindow Window { get; } = new();

        public int CountOf(DateOnly day) => _day == day ? _count : 0;

        public void Count(DateOnly day) => (_day, _count) = (day, CountOf(day) + 1);
    }
}

/// <summary>The answer of the limiter: the policy that refuses, if any, and what the headers tell.</summary>
internal readonly record struct Permit(RatePolicy? Refusal, int? Limit, int Remaining, TimeSpan Window);
