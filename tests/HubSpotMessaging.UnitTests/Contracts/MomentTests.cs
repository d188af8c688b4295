using System.Text.Json;
using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.UnitTests.Contracts;

public sealed class MomentTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    [Theory]
    [InlineData("2026-09-10T12:00:00Z", "2026-09-10T12:00:00+00:00")]
    [InlineData("2026-09-10T12:00:00+02:00", "2026-09-10T12:00:00+02:00")]
    [InlineData("2026-09-10T12:00:00.123456", "2026-09-10T12:00:00.123456+00:00")]
    [InlineData("2026-09-10", "2026-09-10T00:00:00+00:00")]
    public void A_moment_without_an_offset_is_UTC_wherever_it_is_read(string text, string expected)
    {
        var command = JsonSerializer.Deserialize<SyncContact>($$"""{"email":"a@b.example","occurredAt":"{{text}}","expiresAt":"{{text}}"}""", Json)!;

        command.OccurredAt.ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
        command.OccurredAt!.Value.Offset.ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture).Offset);
        command.ExpiresAt.ShouldBe(command.OccurredAt);
    }
}
