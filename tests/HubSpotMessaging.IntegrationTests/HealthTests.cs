using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>What probes and subscribers find.</summary>
public sealed class HealthTests(Servers servers)
{
    [Fact]
    public async Task Readiness_tells_of_a_missing_authorization_without_failing_and_the_health_check_of_the_image_agrees()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);

        await Eventually.BecomesTrueAsync(
            async () => (await ReadinessAsync(installation))["status"]!.ToString() == "Degraded", "its queues have stopped");
        var (code, output) = await HealthCheckAsync(installation);
        code.ShouldBe(0, output);
        output.ShouldContain("Not connected yet.");
        output.ShouldContain("paused: Authorization");
        (await ReadinessAsync(installation))["checks"]!["broker"]!["status"]!.ToString().ShouldBe("Healthy"); // Though nothing is consumed.
        output.ShouldContain(new Uri(installation.Address, "oauth/start").AbsoluteUri);

        (await installation.ConnectAsync()).EnsureSuccessStatusCode();
        await Eventually.BecomesTrueAsync(
            async () => (await ReadinessAsync(installation))["status"]!.ToString() == "Healthy", "it is ready when its queues are consumed again");
        (code, output) = await HealthCheckAsync(installation);
        output.ShouldContain("Connected to HubSpot");
        output.ShouldNotContain("1234567"); // Anybody can ask.

        await installation.Service.StopAsync();
        (code, output) = await HealthCheckAsync(installation);
        code.ShouldBe(1, output);
        output.ShouldContain("does not answer");
    }

    [Fact]
    public async Task The_exchanges_of_events_are_there_before_the_first_event()
    {
        await using var installation = await Installation.StartAsync(servers);

        await installation.Service.StopAsync();
        foreach (var exchange in AmqpClient.EventExchanges) // Which the test's own subscription has declared.
            await installation.Bus.DeleteExchangeAsync(exchange);

        await installation.StartServiceAsync();

        foreach (var exchange in AmqpClient.EventExchanges)
            (await installation.Bus.HasExchangeAsync(exchange)).ShouldBeTrue(exchange);
        (await installation.Bus.HasExchangeAsync("HubSpotMessaging.Contracts:ICommandOutcome")).ShouldBeFalse();
    }

    private static async Task<JsonObject> ReadinessAsync(Installation installation)
    {
        using var http = new HttpClient();
        return (await http.GetFromJsonAsync<JsonObject>(new Uri(installation.Address, "health/ready")))!;
    }

    private static async Task<(int Code, string Output)> HealthCheckAsync(Installation installation)
    {
        await using var check = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Service"), ["healthcheck"], installation.Settings);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return (await check.WaitForExitAsync(limit.Token), check.Output);
    }
}
