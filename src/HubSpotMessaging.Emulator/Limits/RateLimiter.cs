using HubSpotMessaging.Emulator.Accounts;

namespace HubSpotMessaging.Emulator.Limits;

/// <summary>Counts the requests of each portal's installation of the app.</summary>
internal sealed class RateLimiter(EmulatorSettings settings, AccountRegistry accounts, TimeProvider clock) : IResettable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Usage> _portals = [];

    public Permit Take(long portalId)
    {
        lock (_lock)
        {
            if (!_portals.TryGetValue(portalId, out var usage)) _portals[portalId] = usage = new Usage();
            var now = clock.GetUtcNow();
            var window = TimeSpan.FromMilliseconds(settings.RateLimitWindowMilliseconds);

            if (settings.DailyLimit is { } daily && usage.CountOf(DayOf(portalId, now)) >= daily)
                return new Permit(RatePolicy.Daily, settings.RateLimit, Remaining: 0, window);

            var remaining = 0;
            if (settings.RateLimit is { } limit && !usage.Window.TryTake(now, window, limit, out remaining))
                return new Permit(RatePolicy.TenSecondlyRolling, limit, remaining, window);

            // A refused request counts neither for the window nor for the day.
            usage.Count(DayOf(portalId, now));
            return new Permit(Refusal: null, settings.RateLimit, remaining, window);
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
