using HubSpotMessaging.HubSpot.Authorization;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>How old an access token is, whatever happens to the clocks of a machine.</summary>
public sealed class HeldTokensTests
{
    private readonly TwoClocks _time = new();

    [Fact]
    public void It_is_due_after_three_quarters_of_its_life_and_is_not_used_up_to_the_last_second()
    {
        var held = Hold();

        _time.Pass(TimeSpan.FromMinutes(22));
        (held.IsDueForRefresh, held.IsAlive).ShouldBe((false, true));
        _time.Pass(TimeSpan.FromMinutes(1));
        (held.IsDueForRefresh, held.IsAlive).ShouldBe((true, true));
        _time.Pass(TimeSpan.FromSeconds(409));
        held.IsAlive.ShouldBeTrue();
        _time.Pass(TimeSpan.FromSeconds(2));
        held.IsAlive.ShouldBeFalse();
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_make_it_younger()
    {
        var held = Hold();
        _time.Pass(TimeSpan.FromMinutes(25));

        _time.Wall -= TimeSpan.FromHours(1);

        held.IsDueForRefresh.ShouldBeTrue();
    }

    [Fact]
    public void A_machine_that_slept_knows_it_by_the_clock_on_the_wall()
    {
        var held = Hold();

        _time.Wall += TimeSpan.FromHours(8); // The other one stood still.

        held.IsAlive.ShouldBeFalse();
    }

    [Fact]
    public void One_that_another_clock_dates_into_the_future_lives_no_longer_than_its_lifetime_from_now()
    {
        var held = Hold(ahead: TimeSpan.FromHours(2));

        _time.Pass(TimeSpan.FromMinutes(23));

        held.IsDueForRefresh.ShouldBeTrue();
    }

    private HeldTokens Hold(TimeSpan ahead = default) => new(
        new()
        {
            AccessToken = new("a"),
            RefreshToken = new("r"),
            GeneratedAt = _time.Wall + ahead,
            Lifetime = TimeSpan.FromMinutes(30),
        },
        _time);

    private sealed class TwoClocks : TimeProvider
    {
        private TimeSpan _elapsed;

        public DateTimeOffset Wall { get; set; } = new(2026, 9, 10, 12, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time)
        {
            Wall += time;
            _elapsed += time;
        }

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => _elapsed.Ticks;
    }
}
