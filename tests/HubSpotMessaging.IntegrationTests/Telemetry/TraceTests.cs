using System.Diagnostics;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Testing;
using MassTransit;

namespace HubSpotMessaging.IntegrationTests.Telemetry;

/// <summary>What a collector of OpenTelemetry gets from the built service.</summary>
public sealed class TraceTests(Servers servers)
{
    [Fact]
    public async Task A_trace_leads_from_the_publisher_through_queue_and_batch_to_HubSpots_correlation_id()
    {
        await using var collector = OtlpCollector.Start();
        await using var installation = await Installation.StartAsync(servers, settings =>
        {
            settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.AbsoluteUri;
            settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
            settings["OTEL_BSP_SCHEDULE_DELAY"] = "200";
        });

        // One publisher that speaks AMQP, whose client sends W3C's header by itself, and one that speaks MassTransit.
        using var upstream = new Activity("upstream").Start();
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"t-1","email":"ada@secret.example.com","properties":{"firstname":"Ada"}}""");
        await installation.Bus.OutcomeAsync("ContactSynced", "t-1");
        upstream.Stop();
        var (trace, span) = await PublishAsync(installation, new SyncContact { CommandId = "t-2", Email = "bob@secret.example.com", Properties = new Dictionary<string, string?> { ["nope"] = "x" } });
        await installation.Bus.OutcomeAsync("CommandRejected", "t-2");
        await installation.Service.StopAsync(); // Now the collector has all of them.

        var first = Of("t-1");
        first.TraceId.ShouldBe(upstream.TraceId.ToHexString());
        first.ParentId.ShouldNotBeEmpty();
        first.Attributes["hubspot.outcome"].ShouldBe("created");
        first.Attributes["hubspot.contact"].ShouldMatch("^[0-9a-f]{16}$");
        var batch = BatchOf(first);
        batch.ParentId.ShouldBeEmpty();
        batch.TraceId.ShouldNotBe(first.TraceId);
        var request = collector.Spans.Single(each => each.ParentId == batch.SpanId);
        request.Name.ShouldBe("POST contacts");
        request.Attributes["http.response.status_code"].ShouldBe("200");
        Guid.TryParse(request.Attributes["hubspot.correlation_id"], out _).ShouldBeTrue();

        var second = Of("t-2");
        second.TraceId.ShouldBe(trace);
        collector.Spans.Single(each => each.SpanId == second.ParentId).ParentId.ShouldBe(span); // MassTransit's own in between.
        second.Attributes["hubspot.outcome"].ShouldBe("rejected");
        second.Attributes["hubspot.category"].ShouldBe("VALIDATION_ERROR");
        var refused = collector.Spans.Where(each => each.ParentId == BatchOf(second).SpanId).Select(each => each.Attributes["hubspot.correlation_id"]);
        refused.ShouldContain(second.Attributes["hubspot.correlation_id"]);
        collector.Text.ShouldNotContain("secret.example.com"); // Nor in metrics or logs, which go there as well.
        collector.Text.ShouldContain("/v1/metrics");
        collector.Text.ShouldContain("Application started");

        OtlpSpan Of(string command) => collector.Spans.Single(each => each.Attributes.GetValueOrDefault("hubspot.command.id") == command);

        // Linked is the span of the consumer, which MassTransit makes.
        OtlpSpan BatchOf(OtlpSpan command)
        {
            var consumer = collector.Spans.Single(each => each.ParentId == command.SpanId && each.Attributes.ContainsKey("messaging.masstransit.consumer_type"));
            var linked = collector.Spans.Single(each => each.Name == "batch contacts" && each.Links.Contains(consumer.SpanId));
            consumer.Links.ShouldBe([linked.SpanId]);
            return linked;
        }
    }

    [Fact]
    public async Task A_collector_whose_address_is_none_ends_the_start_with_the_name_of_the_setting()
    {
        await using var installation = await Installation.PrepareAsync(servers, settings => settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4317");
        await using var service = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Service"), environment: installation.Settings);

        (await service.WaitForExitAsync(TestContext.Current.CancellationToken)).ShouldBe(1);
        service.Output.ShouldContain("OTEL_EXPORTER_OTLP_ENDPOINT is not the address of a collector");
    }

    /// <returns>The trace and the span of the publication.</returns>
    private static async Task<(string Trace, string Span)> PublishAsync(Installation installation, SyncContact command)
    {
        using var source = new ActivitySource("Publisher");
        Activity? sending = null;
        using var listener = new ActivityListener
        {
            ShouldListenTo = each => each.Name == "MassTransit",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity => sending ??= activity.OperationName.Contains("SyncContact", StringComparison.Ordinal) ? activity : null,
        };
        ActivitySource.AddActivityListener(listener);
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(new Uri(installation.Settings["ConnectionStrings__RabbitMq"]!)));
        await bus.StartAsync();
        try
        {
            await bus.Publish(command);
        }
        finally
        {
            await bus.StopAsync();
        }

        return (sending!.TraceId.ToHexString(), sending.SpanId.ToHexString());
    }
}
