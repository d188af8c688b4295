using HubSpotMessaging.Emulator;
using HubSpotMessaging.IntegrationTests.DeadLetters;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>What an operator comes upon on a bad day.</summary>
internal static class BusyHour
{
    private static readonly string[] Names = ["Ada", "Grace", "Edsger", "Barbara", "Alan"];

    /// <summary>Leaves refused commands of several kinds, a pause by another operator, HubSpot down, and commands that wait.</summary>
    public static async Task LiveThroughAnHourAsync(this Installation installation, OperatorApi api)
    {
        await installation.FillOutcomesAsync();
        await api.PostAsync("pause", new { command = "EnrollInWorkflow", note = "the welcome mail is being rewritten" });
        installation.HubSpot.Put(new PropertyDefinition { Name = "region", Type = PropertyType.Enumeration, Options = ["EU", "US", "APAC"] });
        installation.HubSpot.Put(new PropertyDefinition { Name = "shoe_size", Type = PropertyType.Number });
        await using (var errors = await ErrorQueue.ConnectAsync(installation.Settings["ConnectionStrings__RabbitMq"]!))
            await errors.FillAsync(1_187);

        foreach (var (number, name) in Names.Index())
        {
            await installation.Bus.PublishAsync("SyncContact", $$$"""
                {"commandId":"order-{{{4711 + number}}}","occurredAt":"2026-11-01T11:00:00Z","email":"{{{name}}}@example.com","properties":{"firstname":"{{{name}}}","region":"Mars"}}
                """);
            await installation.Bus.PublishAsync("SyncContact", $$$"""
                {"commandId":"signup-{{{88 + number}}}","occurredAt":"2026-11-01T11:00:00Z","email":"{{{name}}}@example.org","properties":{"lastname":"{{{name}}}","shoe_size":"large"}}
                """);
            await installation.Bus.PublishAsync("PostTimelineEvent", $$$"""
                {"commandId":"event-{{{number}}}","eventType":"999","email":"{{{name}}}@example.net","tokens":{}}
                """);
        }

        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"unreadable","email":5}""");
        await api.HasAsync(1_187 + 16);

        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, RetryAfter = 300, Match = new() { Path = "/crm/*" } });
        await Task.WhenAll(Enumerable.Range(0, 240).Select(number => installation.Bus.PublishAsync("SyncContact", $$"""{"commandId":"waits-{{number}}","email":"waits-{{number}}@example.com"}""")));
        await Task.WhenAll(Enumerable.Range(0, 31).Select(number => installation.Bus.PublishAsync("EnrollInWorkflow", $$"""{"commandId":"enrol-{{number}}","email":"waits-{{number}}@example.com","workflow":"welcome"}""")));
        await installation.Bus.EventAsync("DeliveryPaused", message => (string?)message["reason"] == "HubSpotUnavailable", seconds: 60);
    }

    /// <summary>The counts of the last hour, as the service keeps them.</summary>
    private static async Task FillOutcomesAsync(this Installation installation)
    {
        var last = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 60;
        for (var back = 1; back < 60; back++)
        {
            var succeeded = (int)(620 + (260 * Math.Sin(back / 7.0)) + (90 * Math.Sin(back * 1.7)));
            await installation.Redis.HashSetAsync(
                $"hubspot:outcomes:{last - back}",
                [new("succeeded", succeeded), new("superseded", succeeded / 60), new("rejected", back % 9 == 0 ? 41 : back % 5 == 0 ? 6 : 0)]);
        }
    }
}
