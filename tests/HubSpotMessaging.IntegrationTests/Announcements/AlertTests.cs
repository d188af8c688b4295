using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HubSpotMessaging.IntegrationTests.Announcements;

/// <summary>An alert where people are, besides the event on the bus.</summary>
public sealed class AlertTests(Servers servers)
{
    [Fact]
    public async Task A_loss_of_authorization_reaches_the_webhook_once_also_when_it_fails_at_first()
    {
        List<JsonObject> alerts = [];
        var failures = 1;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var pager = builder.Build();
        pager.MapPost("/hook/{secret}", async (HttpContext context) =>
        {
            var alert = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
            if (failures-- > 0)
                return Results.StatusCode(503);
            lock (alerts)
                alerts.Add(alert);
            return Results.Ok();
        });
        await pager.StartAsync();
        var hook = $"{pager.Urls.Single()}/hook/the-secret-of-the-hook";

        await using var installation = await Installation.StartAsync(servers, settings => settings["Operator__AlertWebhook"] = hook);
        await installation.AddReplicaAsync();
        installation.HubSpot.Revoke(Installation.Portal);
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"c","email":"ada@example.com"}""");
        await Eventually.BecomesTrueAsync(() => alerts.Count == 2, "both losses have been told: that of the fresh installation, and this one");

        alerts.Select(alert => (string?)alert["reason"]).ShouldBe(["NotYetAuthorized", "Revoked"]);
        var lost = alerts[1];
        ((string?)lost["event"]).ShouldBe("AuthorizationRequired");
        ((long?)lost["portalId"]).ShouldBe(Installation.Portal);
        ((string?)lost["reconnectUrl"]).ShouldBe(new Uri(installation.Address, "oauth/start").AbsoluteUri);
        ((string?)lost["text"])!.ShouldContain("/oauth/start"); // What a chat shows.
        await Eventually.BecomesTrueAsync(() => installation.Bus.Seen.Count(seen => seen.Event == "AuthorizationRequired") == 2, "the events have come, too");
        installation.Bus.Seen.Where(seen => seen.Event == "AuthorizationRequired").Select(seen => seen.MessageId)
            .ShouldBe(alerts.Select(alert => (string?)alert["id"]));
        installation.Service.Output.ShouldContain("webhook");
        installation.Service.Output.ShouldNotContain("the-secret-of-the-hook");
    }
}
