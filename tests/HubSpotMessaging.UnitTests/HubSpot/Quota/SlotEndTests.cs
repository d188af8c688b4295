using System.Net;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Time.Testing;

namespace HubSpotMessaging.UnitTests.HubSpot.Quota;

/// <summary>What an answer tells about the quota.</summary>
public sealed class SlotEndTests
{
    public static TheoryData<string, int?, int?, bool> Refusals => new()
    {
        { """{"policyName":"TEN_SECONDLY_ROLLING"}""", null, null, true },
        { """{"policyName":"TEN_SECONDLY_ROLLING"}""", 3, 3, true },
        { """{"policyName":"SECONDLY"}""", null, 1, false },
        { """{"policyName":"SECONDLY"}""", 4, 4, false },
        { """{"policyName":"DAILY"}""", 3600, null, false },
        { "<html>Too many requests</html>", 5, 5, true },
        { "", null, null, true },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_429_is_told_by_its_policy(string body, int? retryAfter, int? hold, bool isFull)
    {
        var end = await OfAsync(429, body, retryAfter is { } seconds ? [("Retry-After", $"{seconds}")] : []);

        end.Use.ShouldBe(SlotUse.Refused);
        end.IsFull.ShouldBe(isFull);
        end.Hold.ShouldBe(hold is { } held ? TimeSpan.FromSeconds(held) : null);
    }

    [Fact]
    public async Task The_headers_tell_the_limit_and_what_is_left()
    {
        var end = await OfAsync(
            207, "{}", ("X-HubSpot-RateLimit-Max", "190"), ("X-HubSpot-RateLimit-Remaining", "3"), ("X-HubSpot-RateLimit-Interval-Milliseconds", "10000"));

        end.ShouldBe(new SlotEnd(SlotUse.Answered, TimeSpan.FromSeconds(2)) { Limit = new(190, TimeSpan.FromSeconds(10)), Remaining = 3 });
    }

    [Theory]
    [InlineData(null, "10000")]
    [InlineData("0", "10000")]
    [InlineData("-1", "10000")]
    [InlineData("many", "10000")]
    [InlineData("110", null)]
    [InlineData("110", "0")]
    public async Task Of_headers_that_say_nothing_sensible_nothing_is_learned(string? max, string? interval)
    {
        List<(string, string)> headers = [];
        if (max is not null)
            headers.Add(("X-HubSpot-RateLimit-Max", max));
        if (interval is not null)
            headers.Add(("X-HubSpot-RateLimit-Interval-Milliseconds", interval));

        (await OfAsync(200, "{}", [.. headers])).Limit.ShouldBeNull();
    }

    private static async Task<SlotEnd> OfAsync(int status, string body, params (string Name, string Value)[] headers)
    {
        using var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) };
        foreach (var (name, value) in headers)
            response.Headers.TryAddWithoutValidation(name, value);
        return await SlotEnd.OfAsync(response, TimeSpan.FromSeconds(2), new AnswerClassifier(new FakeTimeProvider()));
    }
}
