using HubSpotMessaging.Service.Waiting;

namespace HubSpotMessaging.UnitTests.Service;

public sealed class WaitingRoomTests
{
    [Theory]
    [InlineData(0, 86_400, 1)]
    [InlineData(1, 86_400, 5)]
    [InlineData(3, 86_400, 60)]
    [InlineData(6, 86_400, 7_200)]
    [InlineData(60, 86_400, 7_200)]
    [InlineData(3, 59, 15)]
    [InlineData(60, 0.2, 1)]
    public void Waits_become_longer_and_longer_but_not_longer_than_there_is_time(int count, double left, double seconds) =>
        WaitingRoom.Step(count, TimeSpan.FromSeconds(left)).ShouldBe(TimeSpan.FromSeconds(seconds));
}
