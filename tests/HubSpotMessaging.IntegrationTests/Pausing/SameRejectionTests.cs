using HubSpotMessaging.IntegrationTests.DeadLetters;

namespace HubSpotMessaging.IntegrationTests.Pausing;

/// <summary>What meets most commands is not the fault of each of them.</summary>
public sealed class SameRejectionTests(ReadingInstallation fixture) : IClassFixture<ReadingInstallation>
{
    [Fact]
    public async Task The_same_rejection_again_and_again_lets_commands_wait_until_an_operator_resumes_them()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var _ = errors;
        var bus = installation.Bus;
        for (var number = 0; number < 120; number++)
            await bus.PublishAsync("SyncContact", $$$"""{"commandId":"general-{{{number}}}","email":"general-{{{number}}}@example.com","properties":{"region":"EU"}}""");

        var paused = await bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == "SameRejection");
        ((string?)paused["scope"]).ShouldBe("SyncContact");
        await Eventually.BecomesTrueAsync(async () => await bus.DepthAsync("hubspot-sync-contact") == 70, "the others wait");
        await api.HasAsync(50, "property=region");
        var reason = (await api.GetAsync("status"))["reasons"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)reason["detail"]).ShouldBe("VALIDATION_ERROR: region");
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"goes-on","email":"goes-on@example.com","workflow":"welcome","properties":{"firstname":"Ada"}}""");
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "goes-on");

        // Each reason goes its own way: that an operator ends his own pause of something else does not end it.
        await api.PostAsync("pause", new { command = "PostTimelineEvent" });
        await api.PostAsync("resume", new { command = "PostTimelineEvent" });
        await api.PostAsync("pause", new { command = "SyncContact" });
        await api.PostAsync("pause", new { });
        await api.PostAsync("resume", new { reason = "Operator" }); // That of everything, and no other.
        (await api.GetAsync("status"))["reasons"]!.AsArray().Count.ShouldBe(2);
        await api.PostAsync("resume", new { reason = "Operator", command = "SyncContact" });
        ((string?)(await api.GetAsync("status"))["reasons"]!.AsArray().ShouldHaveSingleItem()!["reason"]).ShouldBe("SameRejection");

        installation.AddProperty("region");
        await api.PostAsync("resume", new { command = "SyncContact" });
        await bus.EventAsync("DeliveryResumed", message => (string?)message["reason"] == "SameRejection");
        await Eventually.BecomesTrueAsync(() => Written() == 70, "those that waited are written");
        await api.PostAsync("dead-letters/replay", new { filter = new { property = "region" } });
        await Eventually.BecomesTrueAsync(() => Written() == 120, "all are written");
        await api.HasAsync(0);

        int Written() => installation.HubSpot.Contacts.Count(contact => contact.Properties.GetValueOrDefault("region") == "EU");
    }

    [Fact]
    public async Task What_is_wrong_with_commands_themselves_lets_nobody_wait()
    {
        var (installation, api, errors) = await fixture.BeginAsync();
        await using var _ = errors;
        for (var number = 0; number < 110; number++)
            await installation.Bus.PublishAsync("SyncContact", $$$"""{"commandId":"own-{{{number}}}","email":"nobody"}""");

        await api.HasAsync(110, "category=INVALID_COMMAND");
        (await api.GetAsync("status"))["reasons"]!.AsArray().ShouldBeEmpty();
    }
}
