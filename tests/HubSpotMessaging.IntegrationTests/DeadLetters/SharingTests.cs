using System.Text.Json.Nodes;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>The broker, and others at its queues, take dead letters out of the reader's hands.</summary>
[Collection(typeof(WithHeldInstallation))]
public sealed class SharingTests(HeldInstallation fixture)
{
    [Fact]
    public async Task While_somebody_else_consumes_nothing_is_carried_out_and_nothing_forgotten_until_he_has_gone()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var shown = installation;
        await using var closing = errors;
        using var closingApi = api;
        await errors.FillAsync(50);
        await api.HasAsync(50);
        await CutAsync(installation, 50); // It begins anew, whatever it still did for the test before.
        var reads = Reads(installation) + 1;
        fixture.ToRabbitMq.Mend();
        await Eventually.BecomesTrueAsync(() => Reads(installation) == reads, "all are read");
        var before = await IdsAsync(api);
        await using var other = await OtherConsumer.ConnectAsync(fixture.RabbitMq, atMost: 20);
        await LookAsync(installation);
        await installation.Service.WaitForLineAsync(line => line.Contains("Somebody else consumes dead letters", StringComparison.Ordinal), TimeSpan.FromSeconds(30));

        var discarding = api.PostAsync("dead-letters/discard", new { ids = new[] { before[10] }, reason = "while somebody else consumes" });
        await Eventually.BecomesTrueAsync(async () => await RequestAsync(installation) is not null, "it is handed in");
        var request = (await RequestAsync(installation))!;
        await LookAsync(installation);
        ((string?)(await api.GetAsync($"dead-letters/requests/{request}"))["state"]).ShouldBe("Waiting");
        other.Held.ShouldBeEmpty(); // All are held already.

        // The reader has to begin anew, and the other one is there first.
        fixture.ToRabbitMq.Cut();
        await Eventually.BecomesTrueAsync(() => other.Held.Count == 20, "the other one holds as many as he wants");
        fixture.ToRabbitMq.Mend();
        await HoldsAsync(api, 30);
        await LookAsync(installation);
        (await IdsAsync(api)).ShouldBe(before);
        Reads(installation).ShouldBe(reads); // Nobody says that these are all.
        ((string?)(await api.GetAsync($"dead-letters/requests/{request}"))["state"]).ShouldBe("Waiting");

        other.Held.ShouldBe(Enumerable.Range(0, 20).Select(number => ErrorQueue.Body(number)));
        await other.TakeAsync(5);
        await other.DisposeAsync();
        await Eventually.BecomesTrueAsync(async () => (string?)(await api.GetAsync($"dead-letters/requests/{request}"))["state"] == "Done", "it is carried out");
        await ((Task)discarding).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext); // It may have been answered that it takes longer.
        await HoldsAsync(api, 44);
        await api.HasAsync(44);
        (await IdsAsync(api)).ShouldBe([.. before[5..10], .. before[11..]]);
        await Eventually.BecomesTrueAsync(() => Reads(installation) == reads + 1, "all are read once more");
    }

    [Fact]
    public async Task What_the_broker_takes_back_is_in_its_order_and_the_index_stays_what_it_was()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var shown = installation;
        await using var closing = errors;
        using var closingApi = api;
        await errors.FillAsync(200);
        await api.HasAsync(200);
        var before = (await api.GetAsync("dead-letters?limit=200")).ToJsonString();

        await CutAsync(installation, 200);
        fixture.ToRabbitMq.Mend();
        await HoldsAsync(api, 200);
        (await api.GetAsync("dead-letters?limit=200")).ToJsonString().ShouldBe(before);

        await CutAsync(installation, 200);
        (await errors.BodiesAsync()).ShouldBe(Enumerable.Range(0, 200).Select(number => ErrorQueue.Body(number)));
        fixture.ToRabbitMq.Mend();
        await HoldsAsync(api, 200);
        (await api.GetAsync("dead-letters?limit=200")).ToJsonString().ShouldBe(before);
        ((int)(await api.PostAsync("dead-letters/discard", new { all = true, reason = "they are in its hands" }))["done"]!).ShouldBe(200);
    }

    /// <summary>The broker loses the reader, and has all of them again.</summary>
    private async Task CutAsync(Installation installation, uint count)
    {
        fixture.ToRabbitMq.Cut();
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync(ErrorQueue.Contacts) == count, "all are in the queue again");
        await installation.Redis.KeyDeleteAsync("hubspot:queues"); // What the reader has seen before.
    }

    /// <summary>In the order in which they failed.</summary>
    private static async Task<List<string>> IdsAsync(OperatorApi api) => [.. (await api.ListAsync()).Select(letter => (string)letter["id"]!).Reverse()];

    /// <summary>How often it was told that all are read.</summary>
    private static int Reads(Installation installation) =>
        installation.Service.Output.Split('\n').Count(line => line.Contains("The dead letters are read", StringComparison.Ordinal));

    private static async Task<string?> RequestAsync(Installation installation) =>
        (string?)await installation.Redis.ListGetByIndexAsync(HeldInstallation.Requests, 0) is { } request ? (string?)JsonNode.Parse(request)!["id"] : null;

    /// <summary>Until the reader has looked at the queues from now on, and has done what follows.</summary>
    private static async Task LookAsync(Installation installation)
    {
        for (var look = 0; look < 3; look++) // The first may have begun before, and the last is not over when it tells what it has seen.
        {
            await installation.Redis.KeyDeleteAsync("hubspot:queues");
            await Eventually.BecomesTrueAsync(() => installation.Redis.KeyExistsAsync("hubspot:queues"), "the reader looks");
        }
    }

    private static Task HoldsAsync(OperatorApi api, int count) => Eventually.BecomesTrueAsync(
        async () => await api.HeldAsync() == count, $"the reader holds {count}");
}
