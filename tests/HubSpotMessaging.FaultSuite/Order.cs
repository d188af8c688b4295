using System.Globalization;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.FaultSuite;

/// <summary>A command of the load.</summary>
/// <param name="Number">Which; its id is made of it.</param>
/// <param name="OccurredAt">Since when it is true.</param>
internal sealed record Order(int Number, DateTimeOffset OccurredAt)
{
    public const string Ada = "ada@example.com";
    public const string EventType = "1001298";
    public const string Workflow = "1001";

    public string Key => string.Create(CultureInfo.InvariantCulture, $"f-{Number}");

    /// <summary>Of a hundred commands ten enrol, ten go to a timeline, two are refused, and forty write to contacts that many others write to.</summary>
    public string Type => (Number % 10) switch { 3 => "EnrollInWorkflow", 7 => "PostTimelineEvent", _ => "SyncContact" };

    public bool IsBad => Number % 50 == 9;

    public bool IsShared => Type == "SyncContact" && Number % 10 is 0 or 2 or 4 or 6;

    public string Email => IsShared
        ? string.Create(CultureInfo.InvariantCulture, $"shared-{Number / 10 % 25}@example.com")
        : $"{Key}@example.com";

    public string Json => Type switch
    {
        "EnrollInWorkflow" => Body(("email", Email), ("workflow", Workflow), ("properties", new JsonObject { ["firstname"] = Key })),
        "PostTimelineEvent" => Body(("eventType", EventType), ("email", Ada), ("tokens", new JsonObject { ["orderNumber"] = Key })),
        _ => Body(("email", Email), ("properties", IsBad ? new JsonObject { ["loyalty_points"] = "many" } : new JsonObject { ["firstname"] = Key })),
    };

    private string Body(params (string Name, JsonNode Value)[] fields)
    {
        var body = new JsonObject { ["commandId"] = Key, ["occurredAt"] = OccurredAt };
        foreach (var (name, value) in fields)
            body[name] = value;
        return body.ToJsonString();
    }
}
