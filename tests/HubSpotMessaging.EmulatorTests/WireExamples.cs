using System.Text.Json.Nodes;

namespace HubSpotMessaging.EmulatorTests;

/// <summary>Compares with an example off the wire, in which <c>"…"</c> stands for a value that nobody can foresee.</summary>
public static class WireExamples
{
    public static void ShouldMatch(this JsonNode? actual, string example)
    {
        if (FindDifference(actual, JsonNode.Parse(example), "$") is { } difference)
            throw new ShouldAssertException($"{difference}\nexample: {example}\nactual:  {actual?.ToJsonString()}");
    }

    private static string? FindDifference(JsonNode? actual, JsonNode? example, string path)
    {
        switch (example)
        {
            case JsonValue value when value.TryGetValue<string>(out var text) && text == "…":
                return actual is null ? $"{path} is null" : null;
            case JsonObject members:
                if (actual is not JsonObject actualMembers) return $"{path} is no object";
                if (actualMembers.Select(member => member.Key).Except(members.Select(member => member.Key)).FirstOrDefault() is { } extra)
                    return $"{path}.{extra} is not in the example";
                if (members.Select(member => member.Key).Except(actualMembers.Select(member => member.Key)).FirstOrDefault() is { } missing)
                    return $"{path}.{missing} is missing";
                return members
                    .Select(member => FindDifference(actualMembers[member.Key], member.Value, $"{path}.{member.Key}"))
                    .FirstOrDefault(difference => difference is not null);
            case JsonArray items:
                if (actual is not JsonArray actualItems) return $"{path} is no array";
                if (actualItems.Count != items.Count) return $"{path} has {actualItems.Count} items";
                return items
                    .Select((item, index) => FindDifference(actualItems[index], item, $"{path}[{index}]"))
                    .FirstOrDefault(difference => difference is not null);
            default:
                return JsonNode.DeepEquals(actual, example) ? null : $"{path} differs";
        }
    }
}
