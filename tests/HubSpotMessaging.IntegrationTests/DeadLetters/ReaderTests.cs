namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>One replica reads the dead letters for all of them, and loses and reorders none.</summary>
public sealed class ReaderTests(Servers servers)
{
    [Fact]
    public async Task Looking_a_hundred_times_and_the_death_of_the_reader_change_nothing_and_another_replica_takes_over()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["DeadLetters__Read"] = "true", connect: false);
        await using var errors = await ErrorQueue.ConnectAsync(installation.Settings["ConnectionStrings__RabbitMq"]!);
        using var api = new OperatorApi(installation.Address);
        await errors.FillAsync(200);
        await api.HasAsync(200);
        var second = await installation.AddReplicaAsync();
        using var other = new OperatorApi(second.Address);

        var before = (await api.ListAsync()).Select(letter => (string)letter["id"]!).ToList();
        for (var time = 0; time < 100; time++)
        {
            await other.GetAsync($"dead-letters/{before[time]}");
            await api.GetAsync("dead-letters/groups");
            (await other.ListAsync()).Count.ShouldBe(200);
        }

        installation.Service.Kill();
        await installation.Service.WaitForExitAsync();
        await installation.Redis.KeyDeleteAsync("hubspot:queues"); // What it saw.
        await Eventually.BecomesTrueAsync(async () => (bool)(await other.GetAsync("status"))["readsDeadLetters"]! && await HoldsAsync(other, 200), "the other one reads");
        (await other.ListAsync()).Select(letter => (string)letter["id"]!).ShouldBe(before);
        ((int)(await other.PostAsync("dead-letters/discard", new { ids = new[] { before[^1] }, reason = "the first one" }))["done"]!).ShouldBe(1);

        (await second.Process.StopAsync()).ShouldBe(0);
        (await errors.BodiesAsync()).ShouldBe(Enumerable.Range(1, 199).Select(number => ErrorQueue.Body(number)));
    }

    private static async Task<bool> HoldsAsync(OperatorApi api, int count) =>
        (await api.GetAsync("status"))["queues"]!.AsArray().SingleOrDefault(queue => (string?)queue!["name"] == "hubspot-sync-contact") is { } queue
        && (int)queue["deadLetters"]! == count;
}
