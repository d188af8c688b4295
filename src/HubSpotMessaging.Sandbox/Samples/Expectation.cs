using System.Text.Json.Nodes;

namespace HubSpotMessaging.Sandbox.Samples;

/// <summary>The event that a command is meant to end in, and those of its fields that matter.</summary>
/// <param name="Event">The event, such as <c>CommandRejected</c>.</param>
/// <param name="Fields">Fields as they are on the wire, and the values they must have.</param>
internal sealed record Expectation(string Event, IReadOnlyDictionary<string, JsonNode?> Fields)
{
    /// <summary>How the outcome differs from this; null when it does not.</summary>
    public string? DifferenceFrom(Outcome outcome)
    {
        if (outcome.Event != Event)
            return $"{Event} was declared";
        foreach (var (name, value) in Fields)
            if (!JsonNode.DeepEquals(value, outcome.Fields[name]))
                return $"{name} {Text(value)} was declared, not {Text(outcome.Fields[name])}";
        return null;
    }

    private static string Text(JsonNode? value) => value?.ToJsonString() ?? "null";
}
