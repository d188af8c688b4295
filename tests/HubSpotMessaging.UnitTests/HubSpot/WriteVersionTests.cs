using System.Text;
using HubSpotMessaging.HubSpot.Delivery.Guard;

namespace HubSpotMessaging.UnitTests.HubSpot;

public sealed class WriteVersionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_later_moment_wins_and_between_two_of_one_moment_the_key()
    {
        (WriteVersion.Known(Noon.AddMicroseconds(1), "a") > WriteVersion.Known(Noon, "b")).ShouldBeTrue();
        (WriteVersion.Known(Noon, "a") < WriteVersion.Known(Noon, "b")).ShouldBeTrue();
        (WriteVersion.Known(Noon, "a") < WriteVersion.Known(Noon, "aa")).ShouldBeTrue();
        (WriteVersion.Known(Noon, "a") <= WriteVersion.Known(Noon.ToOffset(TimeSpan.FromHours(5)), "a")).ShouldBeTrue();
        WriteVersion.Known(Noon, "a").ShouldBe(WriteVersion.Known(Noon.ToOffset(TimeSpan.FromHours(5)), "a"));
    }

    [Fact]
    public void What_was_only_received_loses_to_anything_known()
    {
        (WriteVersion.Received(DateTimeOffset.MaxValue, "z") < WriteVersion.Known(DateTimeOffset.MinValue, "a")).ShouldBeTrue();
        (WriteVersion.Received(Noon, "b") > WriteVersion.Received(Noon, "a")).ShouldBeTrue();
    }

    [Fact]
    public void From_the_year_1_to_the_year_9999_moments_take_equally_many_digits()
    {
        DateTimeOffset[] moments = [DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch.AddMicroseconds(-1), DateTimeOffset.UnixEpoch, Noon, DateTimeOffset.MaxValue];
        var versions = moments.Select(moment => WriteVersion.Known(moment, "")).ToList();

        versions.ShouldBe(versions.Order());
        versions.Distinct().Count().ShouldBe(moments.Length);
        versions.ShouldAllBe(version => version.Text.Length == 19);
    }

    [Fact]
    public void Keys_stand_in_the_order_of_their_bytes_as_in_Redis()
    {
        var random = new Random(20261101);
        var keys = Enumerable.Range(0, 400).Select(_ => Key(random)).ToList();

        foreach (var one in keys)
            foreach (var other in keys)
                Math.Sign(WriteVersion.Known(Noon, one).CompareTo(WriteVersion.Known(Noon, other)))
                    .ShouldBe(Math.Sign(Encoding.UTF8.GetBytes(one).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(other))), $"{one} {other}");
    }

    [Fact]
    public void Nothing_is_older_than_anything() => (default(WriteVersion) < WriteVersion.Received(DateTimeOffset.MinValue, "")).ShouldBeTrue();

    /// <summary>A few characters from all over Unicode, often alike at first.</summary>
    private static string Key(Random random)
    {
        int[] characters = [0, 'a', 'b', 0x7F, 0xE9, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFF5A, 0xFFFF, 0x10000, 0x1F600, 0x1F601, 0x10FFFF];
        return string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => new Rune(characters[random.Next(characters.Length)]).ToString()));
    }
}
