using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.Sandbox;

/// <summary>A command of a sample file, and the event it is expected to end in, if the file says so.</summary>
internal sealed record Sample(string Type, IHubSpotCommand Command, string? Expect)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Reads lines of <c>{"command":"SyncContact","message":{...},"expect":"ContactSynced"}</c>.</summary>
    /// <exception cref="FormatException">A line is something else; the message names it.</exception>
    public static async Task<IReadOnlyList<Sample>> ReadAsync(string path)
    {
        var samples = new List<Sample>();
        var number = 0;
        await foreach (var line in File.ReadLinesAsync(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                samples.Add(Parse(line));
            }
            catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
            {
                throw new FormatException($"{path}, line {number}: {exception.Message}", exception);
            }
        }

        return samples.Count > 0 ? samples : throw new FormatException($"{path}: there are no commands in it.");
    }

    private static Sample Parse(string line)
    {
        var json = JsonNode.Parse(line) as JsonObject ?? throw new FormatException("a JSON object is expected.");
        var type = (string?)json["command"] ?? throw new FormatException("\"command\" is missing.");
        var message = json["message"] ?? throw new FormatException("\"message\" is missing.");
        IHubSpotCommand? command = type switch
        {
            nameof(SyncContact) => message.Deserialize<SyncContact>(Json),
            nameof(EnrollInWorkflow) => message.Deserialize<EnrollInWorkflow>(Json),
            nameof(PostTimelineEvent) => message.Deserialize<PostTimelineEvent>(Json),
            _ => throw new FormatException($"there is no command {type}."),
        };
        if (command?.CommandId is null)
            throw new FormatException("\"commandId\" is missing: by it the outcome is found.");
        return new(type, command, (string?)json["expect"]);
    }
}
