using System.Globalization;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Workflows;

internal sealed record WorkflowIdMapping(long FlowId, long WorkflowId)
{
    public static IResult Read(HttpContext context, WorkflowRegistry workflows, TimeProvider clock)
    {
        var startedAt = clock.GetUtcNow();
        var inputs = BatchInputs.Check(context.ReadJson<Request>().Inputs);
        var found = new List<WorkflowIdMapping>();
        var errors = new List<RecordError>();
        foreach (var input in inputs)
        {
            var (id, workflow) = input.Type switch
            {
                "FLOW_ID" => (input.FlowId, workflows.All.FirstOrDefault(workflow => IsId(input.FlowId, workflow.FlowId))),
                "WORKFLOW_ID" => (input.WorkflowId, workflows.All.FirstOrDefault(workflow => IsId(input.WorkflowId, workflow.Id))),
                _ => throw RefusedException.Invalid($"Unknown type of input: {input.Type}"),
            };
            if (workflow is null) errors.Add(NotFound(input.Type, id));
            else found.Add(new WorkflowIdMapping(workflow.FlowId, workflow.Id));
        }

        return new BatchAnswer<WorkflowIdMapping>(found, errors, startedAt, clock.GetUtcNow()).ToResult(StatusCodes.Status200OK);
    }

    private static RecordError NotFound(string type, string? id) => new(Categories.ObjectNotFound, $"There is no flow for {type} {id}")
    {
        SubCategory = $"FLOW_NOT_FOUND_BY_{type}",
        Context = ErrorContext.Of("ids", id ?? ""),
    };

    private static bool IsId(string? text, long id) => text == id.ToString(CultureInfo.InvariantCulture);

    private sealed record Request(IReadOnlyList<Input?>? Inputs);

    private sealed record Input(string Type, string? FlowId, string? WorkflowId);
}
