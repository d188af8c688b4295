using System.Diagnostics;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Telemetry;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.Consumers;
using MassTransit;
using MassTransit.Logging;

namespace HubSpotMessaging.Service.Telemetry;

/// <summary>
/// A span for each command, from its arrival to its end. It continues the publisher's trace: MassTransit's own, or that of any other client
/// that sends W3C's <c>traceparent</c> as a header.
/// </summary>
/// <param name="queue">The queue.</param>
/// <param name="inHand">Where it is noted meanwhile.</param>
internal sealed class CommandTelemetryFilter(string queue, CommandsInHand inHand) : IFilter<ConsumeContext>
{
    private static readonly ActivitySource Source = new(Metrics.Name);

    private readonly string _name = $"deliver {CommandQueues.CommandOf(queue)}";

    public async Task Send(ConsumeContext context, IPipe<ConsumeContext> next)
    {
        using var hold = inHand.Take(queue);
        using var span = Start(context);
        try
        {
            await next.Send(context);
        }
        catch (Exception exception)
        {
            var rejection = (exception as CommandRejectedException)?.Rejection;
            span?.SetTag(HubSpotTelemetry.CorrelationId, rejection?.CorrelationId);
            span?.SetTag(Metrics.Category, rejection?.Category);
            span?.SetStatus(ActivityStatusCode.Error, rejection?.Category ?? exception.GetType().Name);
            throw;
        }
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("commandTelemetry");

    private Activity? Start(ConsumeContext context)
    {
        if (!Source.HasListeners())
            return null;

        var received = Activity.Current; // MassTransit's.
        var parent = PublisherOf(context);
        var span = Source.StartActivity(_name, ActivityKind.Consumer, parent, links: parent != default && received is not null ? [new(received.Context)] : []);
        if (span is not null)
            context.GetOrAddPayload(() => new CommandSpan(span));
        return span;
    }

    /// <summary>The span of a publisher that does not speak MassTransit's language.</summary>
    private static ActivityContext PublisherOf(ConsumeContext context) =>
        context.HeaderText(DiagnosticHeaders.ActivityId) is null
        && context.HeaderText("traceparent") is { } trace
        && ActivityContext.TryParse(trace, context.HeaderText("tracestate"), isRemote: true, out var publisher)
            ? publisher
            : default;
}

/// <summary>The span of the command that a context carries.</summary>
internal sealed record CommandSpan(Activity Activity);

internal static class CommandSpanExtensions
{
    /// <summary>Tells which command it is.</summary>
    public static void Identify(this ConsumeContext context, CommandIdentity command, string? email, AddressHash addresses)
    {
        if (!context.TryGetPayload<CommandSpan>(out var span))
            return;
        span.Activity.SetTag(Metrics.Command, command.CommandType);
        span.Activity.SetTag("hubspot.command.id", addresses.In(command.Key));
        span.Activity.SetTag("hubspot.contact", addresses.Of(email));
    }

    /// <summary>Tells how it has ended.</summary>
    public static void EndAs(this ConsumeContext context, ICommandOutcome outcome)
    {
        if (context.TryGetPayload<CommandSpan>(out var span))
            span.Activity.SetTag(Metrics.Outcome, Metrics.NameOf(outcome));
    }
}
