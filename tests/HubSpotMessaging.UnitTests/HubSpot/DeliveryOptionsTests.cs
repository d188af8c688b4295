using HubSpotMessaging.HubSpot.Delivery;

namespace HubSpotMessaging.UnitTests.HubSpot;

public sealed class DeliveryOptionsTests
{
    [Theory]
    [InlineData("00:59:59", false)]
    [InlineData("01:00:00", true)]
    [InlineData("30.00:00:00", true)]
    [InlineData("400.00:00:00", true)]
    [InlineData("400.00:00:01", false)]
    public void Stamps_are_kept_from_an_hour_to_400_days(string retention, bool isFine)
    {
        var result = new DeliveryOptionsValidator().Validate(null, new() { StampRetention = TimeSpan.Parse(retention, null) });

        result.Succeeded.ShouldBe(isFine);
        if (!isFine)
            result.FailureMessage.ShouldNotBeNull().ShouldContain($"Delivery:StampRetention must be from 01:00:00 to 400.00:00:00, not {retention}.");
    }

    [Fact]
    public void The_default_is_fine() => new DeliveryOptionsValidator().Validate(null, new()).Succeeded.ShouldBeTrue();
}
