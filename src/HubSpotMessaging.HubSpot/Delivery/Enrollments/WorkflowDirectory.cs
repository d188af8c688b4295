using System.Collections.Concurrent;
using System.Globalization;
using HubSpotMessaging.HubSpot.Api.Workflows;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Delivery.Enrollments;

/// <summary>Finds the id that HubSpot's enrolment API takes.</summary>
public sealed class WorkflowDirectory(WorkflowsClient workflows, HubSpotCaller caller, IOptions<HubSpotOptions> options)
{
    private const string FlowPrefix = "flow:";
    private static readonly Demand Demand = new(CallKind.Enrollments, Lane.Interactive);

    private readonly ConcurrentDictionary<string, string> _idsByFlow = new(StringComparer.Ordinal);

    /// <summary>Whether the text names a workflow by itself, without configuration.</summary>
    internal static bool IsReference(string workflow) =>
        IsId(workflow) || (workflow.StartsWith(FlowPrefix, StringComparison.OrdinalIgnoreCase) && IsId(workflow[FlowPrefix.Length..]));

    /// <summary>The workflow id of an id, of <c>flow:</c> and a flow id, or of a configured name.</summary>
    /// <exception cref="DeliveryRefusedException">Nothing is known under it.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    public async Task<string> FindAsync(string workflow, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(workflow);

        var reference = workflow.Trim();
        if (!IsReference(reference))
            reference = options.Value.Workflows.TryGetValue(reference, out var configured) ? configured.Trim() : throw Unknown(
                "The workflow is neither an id, nor flow: and an id, nor a name under HubSpot:Workflows.");

        return IsId(reference) ? reference : await OfFlowAsync(reference[FlowPrefix.Length..], cancellationToken);
    }

    private async Task<string> OfFlowAsync(string flowId, CancellationToken cancellationToken)
    {
        if (_idsByFlow.TryGetValue(flowId, out var known))
            return known;

        var answer = await caller.SendAsync(
            Demand, Tolerance.OfQuestion, permit => workflows.MapFlowAsync(flowId, permit, CancellationToken.None), cancellationToken);
        if (!answer.Succeeded)
            throw Refusal.Of(answer);

        var mapping = answer.Value.Results.FirstOrDefault(
            result => result.FlowId.ToString(CultureInfo.InvariantCulture) == flowId && result.WorkflowId > 0);
        return mapping is null
            ? throw Unknown($"HubSpot knows no workflow for flow {flowId}.")
            : _idsByFlow.GetOrAdd(flowId, mapping.WorkflowId.ToString(CultureInfo.InvariantCulture));
    }

    private static bool IsId(string text) => text.Length is > 0 and <= 18 && text.All(char.IsAsciiDigit);

    private static DeliveryRefusedException Unknown(string message) => new(RefusalCategories.UnknownWorkflow, message);
}
