using System.Text.Json.Serialization;

namespace HubSpotMessaging.HubSpot.Api.Workflows;

/// <summary>A workflow that a contact is in.</summary>
public sealed record Workflow
{
    /// <summary>The id that the enrolment API takes.</summary>
    public long Id { get; init; }
}

/// <summary>Asks for the workflow id of a flow.</summary>
public sealed record WorkflowIdQuery
{
    /// <summary>Which id is given.</summary>
    public string Type { get; init; } = "FLOW_ID";

    /// <summary>The flow id, as in the address of the workflow builder.</summary>
    public required string FlowId { get; init; }
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
