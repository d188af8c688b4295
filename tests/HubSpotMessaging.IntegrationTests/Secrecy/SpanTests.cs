using System.Web;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Service;
using HubSpotMessaging.Service.Startup;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Fault = HubSpotMessaging.Emulator.Fault;

namespace HubSpotMessaging.IntegrationTests.Secrecy;

/// <summary>Whoever switches on tracing in a service sees what travels in it, and no secret and no person.</summary>
public sealed class SpanTests(Servers servers, SpanWatch watch)
{
    private const string Upsert = "/crm/objects/*/contacts/batch/upsert";

    [Fact]
    public async Task Spans_tell_of_the_whole_road_but_no_secret_and_no_address()
    {
        await using var installation = await Installation.PrepareAsync(servers, settings => settings["Delivery__MaximumWait"] = "00:00:01");
        await using var service = await StartInProcessAsync(installation.Settings);
        watch.Clear();

        using var browser = Installation.NewBrowser();
        var callback = await installation.ConsentAsync(browser);
        (await Installation.ReturnAsync(browser, callback)).EnsureSuccessStatusCode();
        (await browser.GetAsync(callback)).Headers.Location!.OriginalString.ShouldBe("done?ended=elsewhere");
        var state = HttpUtility.ParseQueryString(callback.Query)["state"]!;

        // Each command once, and of what can go wrong: postponed, rejected by us, refused by HubSpot, unreadable, and unauthorized.
        var bus = installation.Bus;
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Times = 1, Match = new() { Path = Upsert } });
        await bus.PublishAsync("SyncContact", """{"commandId":"t-1","email":"ada.secret@example.com","properties":{"firstname":"Ada"}}""");
        await bus.OutcomeAsync("ContactSynced", "t-1");
        await bus.PublishAsync("SyncContact", """{"commandId":"t-2","email":"bob.secret","properties":{}}""");
        await bus.OutcomeAsync("CommandRejected", "t-2");
        await bus.PublishAsync("SyncContact", """{"commandId":"t-3","email":"eve.secret@example.com","properties":{"nope":"x"}}""");
        await bus.OutcomeAsync("CommandRejected", "t-3");
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"t-4","email":"mia.secret@example.com","workflow":"1001"}""");
        await bus.OutcomeAsync("CommandRejected", "t-4");
        await bus.PublishAsync("SyncContact", """{"commandId":"t-5","email":["joe.secret@example.com"]}""");
        await bus.DeadLetterAsync("hubspot-sync-contact");
        await bus.PublishAsync(
            "PostTimelineEvent", """{"commandId":"t-6","eventType":"1001298","email":"ada.secret@example.com","tokens":{"orderNumber":"1"}}""");
        await bus.OutcomeAsync("TimelineEventPosted", "t-6");
        installation.HubSpot.ExpireAccessTokens(Installation.Portal);
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"t-7","email":"ada.secret@example.com","workflow":"1001"}""");
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "t-7");
        await bus.EventAsync("TokenRefreshed");
        await service.StopAsync();

        var spans = watch.Seen;
        foreach (var source in (string[])["Microsoft.AspNetCore", "System.Net.Http", "MassTransit"])
            spans.ShouldContain(span => span.Source == source);
        spans.ShouldContain(span => span.Text.Contains("/contacts/batch/upsert", StringComparison.Ordinal));
        installation.HubSpot.Secrets.Count.ShouldBeGreaterThanOrEqualTo(4); // A code, two access tokens, a refresh token.
        foreach (var secret in (string[])[.. installation.HubSpot.Secrets, state, Installation.ClientSecret])
            spans.Where(span => span.Text.Contains(secret, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
        spans.Where(span => span.Text.Contains(".secret", StringComparison.OrdinalIgnoreCase)).Select(span => span.Text).ShouldBeEmpty();
    }

    /// <summary>The service as its <c>Program</c> starts it, but in this process, where its spans can be seen.</summary>
    private static async Task<WebApplication> StartInProcessAsync(Dictionary<string, string?> settings)
    {
        // Lets ASP.NET Core's spans carry what OpenTelemetry would otherwise add to them.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "HubSpotMessaging.Service" });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(
            setting.Key == "ASPNETCORE_URLS" ? "urls" : setting.Key.Replace("__", ":", StringComparison.Ordinal), setting.Value)));
        builder.Configuration["Logging:LogLevel:Default"] = "None"; // It would write into the report of the tests.
        builder.AddHubSpotMessaging();
        var app = builder.Build();
        (await app.CheckSettingsAsync()).ShouldBeTrue();
        app.MapHubSpotMessaging();
        await app.StartAsync();
        return app;
    }
}
