namespace HubSpotMessaging.Emulator.Workflows;

internal sealed class WorkflowRegistry(EmulatorOptions options)
    : Registry<long, Workflow>(options.Workflows, workflow => workflow.Id);

internal static class DefaultWorkflows
{
    public static IReadOnlyList<Workflow> All { get; } =
    [
        new() { Id = 1001, FlowId = 585051946, Name = "Welcome" },
        new() { Id = 1002, FlowId = 585051947, Name = "One mail", EndsAtOnce = true },
        new() { Id = 1003, FlowId = 585051948, Name = "Switched off", Enabled = false },
    ];
}
