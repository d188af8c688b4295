using HubSpotMessaging.IntegrationTests.DeadLetters;

namespace HubSpotMessaging.IntegrationTests.Operators;

/// <summary>Whoever follows the status is told when nothing can be seen.</summary>
[Collection(typeof(WithHeldInstallation))]
public sealed class StreamTroubleTests(HeldInstallation fixture)
{
    [Fact]
    public async Task While_redis_is_away_the_stream_tells_of_trouble_and_goes_on_when_it_is_back()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var shown = installation;
        await using var closing = errors;
        using var closingApi = api;
        using var http = new HttpClient();
        await using var live = await LiveStream.OpenAsync(http, installation.Address);
        await live.UntilAsync(_ => true, TimeSpan.FromSeconds(30));

        fixture.ToRedis.Cut();
        var trouble = await live.TroubleAsync(TimeSpan.FromSeconds(30));
        ((string?)trouble["title"]).ShouldBe("Not just now");
        ((string?)trouble["detail"])!.ShouldContain("Redis");

        fixture.ToRedis.Mend();
        (await live.UntilAsync(_ => true, TimeSpan.FromSeconds(30)))["connection"]!["state"]!.GetValue<string>().ShouldBe("Connected");
    }
}
