using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>The reader is killed (SIGKILL) when RabbitMQ has what it sent again, and it has not been told.</summary>
public sealed class ReplayCrashTests(Servers servers)
{
    [Fact]
    public async Task Two_of_a_dead_letter_may_come_of_it_never_none_and_the_contact_is_written_once()
    {
        var way = default(TcpProxy);
        await using var installation = await Installation.StartAsync(servers, settings =>
        {
            settings["DeadLetters__Read"] = "true";
            var broker = new UriBuilder(settings["ConnectionStrings__RabbitMq"]!);
            way = TcpProxy.Start(broker.Host, broker.Port);
            (broker.Host, broker.Port) = ("127.0.0.1", way.Port);
            settings["ConnectionStrings__RabbitMq"] = broker.Uri.AbsoluteUri;
        });
        await using var _ = way!;
        await using var errors = await ErrorQueue.ConnectAsync(installation.Settings["ConnectionStrings__RabbitMq"]!);
        using var api = new OperatorApi(installation.Address);
        var id = await installation.RejectAsync(api, "twice", "twice@example.com", "belt_size");
        foreach (var property in (string[])["belt_size", "favorite_food"])
            installation.AddProperty(property);
        await PauseAsync(installation, api);

        // One, between its sending and its acknowledgement. The reader looks at the queues every second, and would wait for that.
        await Eventually.BecomesTrueAsync(
            async () => await installation.Redis.KeyTimeToLiveAsync("hubspot:queues") > TimeSpan.FromSeconds(29.9), "the reader has just looked");
        way!.StallReplies();
        var replay = api.PostAsync("dead-letters/replay", new { ids = new[] { id } });
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync(ErrorQueue.Bulk) == 1, "it is sent");
        await KillAsync(installation, way, replay);
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync(ErrorQueue.Contacts) == 1, "it is a dead letter again");

        await installation.StartServiceAsync();
        await api.HasAsync(0); // The next reader has done it once more.
        (await installation.Bus.DepthAsync(ErrorQueue.Bulk)).ShouldBe(2u);

        // Many, in the middle of it.
        await errors.FillAsync(2_000);
        await api.HasAsync(2_000);
        replay = api.PostAsync("dead-letters/replay", new { all = true });
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync(ErrorQueue.Bulk) > 200, "some are sent");
        way.StallReplies();
        await KillAsync(installation, way, replay);
        await installation.StartServiceAsync();
        await api.HasAsync(0);
        var sent = await errors.BodiesAsync(ErrorQueue.Bulk);
        Enumerable.Range(0, 2_000).Select(number => ErrorQueue.Body(number)).Except(sent).ShouldBeEmpty();
        sent.Count.ShouldBeInRange(2_002, 2_202); // At most those of one batch twice.
        (await errors.BodiesAsync()).ShouldBeEmpty();

        await api.PostAsync("resume", new { });
        await installation.Bus.OutcomeAsync("ContactSynced", "twice");
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.DepthAsync(ErrorQueue.Bulk) == 0, "both have been delivered");
        installation.HubSpot.ContactWrites.Count(write => write.Properties.GetValueOrDefault("email") == "twice@example.com").ShouldBe(1);
    }

    private static async Task PauseAsync(Installation installation, OperatorApi api)
    {
        await api.PostAsync("pause", new { command = "SyncContact" });
        await Eventually.BecomesTrueAsync(async () => await installation.Bus.ConsumersAsync(ErrorQueue.Bulk) == 0, "contacts wait");
    }

    private static async Task KillAsync(Installation installation, TcpProxy way, Task<JsonNode> replay)
    {
        installation.Service.Kill();
        await installation.Service.WaitForExitAsync();
        await Should.ThrowAsync<HttpRequestException>(replay);
        await installation.Redis.KeyDeleteAsync("hubspot:dead-letters:reader"); // Its lease, which nobody need wait for.
        way.Resume();
    }
}
