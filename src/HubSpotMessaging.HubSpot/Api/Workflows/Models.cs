using System.Text.Json.Serialization;

namespace HubSpotMessaging.HubSpot.Api.Workflows;

/// <summary>A workflow that a contact is in.</summary>
public sealed record Workflow
{
    /// <summary>The id that the enrolment API takes.</summary>
    public long Id { get; init; }
}

/// <summary>Asks for the two ids of a workflow by one of them.</summary>
public sealed record WorkflowIdQuery
{
    private WorkflowIdQuery()
    {
    }

    /// <summary>Which id is given.</summary>
    public required string Type { get; init; }

    /// <summary>The flow id, as in the address of the workflow builder.</summary>
    public string? FlowId { get; private init; }

    /// <summary>The id that the enrolment API takes.</summary>
    public string? WorkflowId { get; private init; }

    /// <summary>By the flow id.</summary>
    public static WorkflowIdQuery ByFlow(string flowId) => new() { Type = "FLOW_ID", FlowId = flowId };

    /// <summary>By the id that the enrolment API takes.</summary>
    public static WorkflowIdQuery ByWorkflow(string workflowId) => new() { Type = "WORKFLOW_ID", WorkflowId = workflowId };
}

/// <summary>The two ids of one workflow.</summary>
public sealed record WorkflowIdMapping
{
    /// <summary>The id in the builder's address.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
    public long FlowId { get; init; }

    /// <summary>The id that the enrolment API takes.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
    public long WorkflowId { get; init; }
}
