using System.Globalization;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.Service.Bus;
using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

internal static class CommandContextExtensions
{
    /// <summary>Says how urgent a command is whose queue does not.</summary>
    public const string LaneHeader = "hubspot-lane";

    /// <summary>The value of <see cref="LaneHeader"/> for what is not urgent.</summary>
    public const string BulkLane = "bulk";

    /// <summary>The command that the gate let in.</summary>
    public static CommandIdentity Command(this ConsumeContext context) => context.GetPayload<CommandIdentity>();

    /// <summary>Cancelled when nothing is to be waited for any more: the line pauses, or the process ends.</summary>
    public static CancellationToken Waiting(this ConsumeContext context) => context.GetPayload<WaitLimit>().Token;

    /// <summary>How urgent the command is: what was sent to a bulk queue, or is sent again by an operator, is not.</summary>
    public static Lane Lane(this ConsumeContext context) =>
        context.ReceiveContext.InputAddress.AbsolutePath.EndsWith($"/{CommandQueues.SyncContactBulk}", StringComparison.Ordinal)
        || context.HeaderText(LaneHeader) == BulkLane
            ? HubSpot.Quota.Lane.Bulk : HubSpot.Quota.Lane.Interactive;

    /// <summary>
    /// A header of ours as text, in whichever type somebody has set it: on the message itself, where waits and dead letters write it, or in
    /// the publisher's envelope. Null when it is not there or empty.
    /// </summary>
    public static string? HeaderText(this ConsumeContext context, string name) =>
        Convert.ToString(context.Header(name), CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : null;

    /// <summary>The same as it is.</summary>
    public static object? Header(this ConsumeContext context, string name) =>
        context.ReceiveContext.TransportHeaders.TryGetHeader(name, out var value) || context.Headers.TryGetHeader(name, out value) ? value : null;
}

/// <summary>How long a command may wait in the hands of its consumer.</summary>
internal sealed record WaitLimit(CancellationToken Token);
