using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.Sandbox.Samples;

/// <summary>
/// Reads files of commands, one JSON object a line:
/// <c>{"command":"SyncContact","message":{...},"about":"...","expect":"ContactSynced","fault":{...}}</c>.
/// Only the first two must be there; an expectation can name fields too: <c>{"event":"ContactSynced","result":"Created"}</c>.
/// </summary>
internal static class SampleFile
{
    private const int MostProblems = 10;

    private static readonly string[] KnownFields = ["command", "message", "about", "expect", "fault"];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true };

    /// <summary>The samples that come with the source, in order.</summary>
    /// <exception cref="FileNotFoundException">They are not there.</exception>
    public static IReadOnlyList<string> Bundled()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (new DirectoryInfo(Path.Combine(folder.FullName, "samples")) is { Exists: true } samples
                && samples.GetFiles("*.jsonl") is { Length: > 0 } files)
                return [.. files.Select(file => file.FullName).Order(StringComparer.Ordinal)];
        throw new FileNotFoundException("The folder samples is not there; name a file with --file.");
    }

    /// <summary>Reads whole files, so that nothing is sent of one that is wrong at its end.</summary>
    /// <exception cref="FormatException">There is something else in one; the message names the lines.</exception>
    /// <exception cref="IOException">One cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be read, or is a folder.</exception>
    public static async Task<IReadOnlyList<Sample>> ReadAsync(IEnumerable<string> paths)
    {
        var samples = new List<Sample>();
        foreach (var (index, path) in paths.Index())
            samples.AddRange(await ReadAsync(path, index == 0 ? Path.GetFileName(path) : $"{Path.GetFileName(path)}#{index + 1}"));
        return samples;
    }

    /// <summary>Reads one command.</summary>
    /// <param name="line">The line.</param>
    /// <param name="fallbackId">The command id of a command that has none.</param>
    /// <exception cref="FormatException">It is something else; the message says why.</exception>
    public static Sample Parse(string line, string fallbackId)
    {
        try
        {
            var json = JsonNode.Parse(line, documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new FormatException("a JSON object is expected: {\"command\":\"SyncContact\",\"message\":{...}}");
            if (json.FirstOrDefault(field => !KnownFields.Contains(field.Key)).Key is { } unknown)
                throw new FormatException($"\"{unknown}\" is not known; there are {string.Join(", ", KnownFields)}.");

            var type = Text(json, "command") ?? throw new FormatException("\"command\" is missing.");
            var message = json["message"] as JsonObject ?? throw new FormatException("\"message\" must be a JSON object.");
            if (!message.Any(field => field.Key.Equals("commandId", StringComparison.OrdinalIgnoreCase) && field.Value is not null))
                message["commandId"] = fallbackId;
            return new()
            {
                Type = type,
                Command = ReadCommand(type, message),
                About = Text(json, "about"),
                Expectation = ReadExpectation(json["expect"]),
                Fault = ReadFault(json["fault"]),
            };
        }
        catch (JsonException exception)
        {
            throw new FormatException(Explain(exception), exception);
        }
    }

    private static async Task<IReadOnlyList<Sample>> ReadAsync(string path, string name)
    {
        if (Directory.Exists(path))
            throw new FormatException($"{path} is a folder; a file is expected.");

        var (samples, problems, number) = (new List<Sample>(), new List<string>(), 0);
        await foreach (var line in File.ReadLinesAsync(path))
        {
            number++;
            if (line.Contains('\uFFFD', StringComparison.Ordinal))
                problems.Add($"{path}, line {number}: not UTF-8.");
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                samples.Add(Parse(line, $"{name}:{number}"));
            }
            catch (FormatException exception)
            {
                problems.Add($"{path}, line {number}: {exception.Message}");
                if (problems.Count == MostProblems)
                    break;
            }
        }

        if (problems.Count > 0)
            throw new FormatException(string.Join('\n', problems) + (problems.Count == MostProblems ? "\nThere may be more." : ""));
        return samples.Count > 0 ? samples : throw new FormatException($"{path}: there are no commands in it.");
    }

    private static IHubSpotCommand ReadCommand(string type, JsonObject message) => type switch
    {
        nameof(SyncContact) => Read<SyncContact>(message),
        nameof(EnrollInWorkflow) => Read<EnrollInWorkflow>(message),
        nameof(PostTimelineEvent) => Read<PostTimelineEvent>(message),
        _ => throw new FormatException($"there is no command {type}; there are {nameof(SyncContact)}, {nameof(EnrollInWorkflow)} and {nameof(PostTimelineEvent)}."),
    };

    /// <summary>The service would pass over a field that it does not know; whoever tries it out wants to hear of a misspelling.</summary>
    private static T Read<T>(JsonObject message)
        where T : IHubSpotCommand
    {
        var fields = FieldsOf(typeof(T));
        return message.FirstOrDefault(field => !fields.Contains(field.Key, StringComparer.OrdinalIgnoreCase)).Key is { } unknown
            ? throw new FormatException($"{typeof(T).Name} has no field \"{unknown}\"; it has {string.Join(", ", fields)}.")
            : message.Deserialize<T>(Json)!;
    }

    private static Fault? ReadFault(JsonNode? json)
    {
        try
        {
            return json is null ? null : Fault.Parse(json.ToJsonString());
        }
        catch (FormatException exception)
        {
            throw new FormatException($"\"fault\": {WithoutPlace(exception.Message)}", exception);
        }
    }

    private static Expectation? ReadExpectation(JsonNode? expect) => expect switch
    {
        null => null,
        JsonValue => Expect(expect, []),
        JsonObject fields => Expect(fields["event"], fields.Where(field => field.Key != "event")),
        _ => throw new FormatException("\"expect\" must be the name of an event, or an object with \"event\" and fields of it."),
    };

    private static Expectation Expect(JsonNode? node, IEnumerable<KeyValuePair<string, JsonNode?>> fields)
    {
        Type[] events = [typeof(ContactSynced), typeof(ContactEnrolledInWorkflow), typeof(TimelineEventPosted), typeof(CommandRejected)];
        var name = node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
        var type = Array.Find(events, type => type.Name == name)
            ?? throw new FormatException($"\"expect\" must name one of {string.Join(", ", events.Select(type => type.Name))}.");
        return fields.FirstOrDefault(field => !FieldsOf(type).Contains(field.Key, StringComparer.Ordinal)).Key is { } unknown
            ? throw new FormatException($"{type.Name} has no field \"{unknown}\"; it has {string.Join(", ", FieldsOf(type))}.")
            : new(type.Name, fields.ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal));
    }

    private static IReadOnlyList<string> FieldsOf(Type type) => [.. type.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name))];

    private static string? Text(JsonObject json, string field) => json[field] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw new FormatException($"\"{field}\" must be text."),
    };

    /// <summary>With the field, or how far into the line, in place of a line number that counts within the one line.</summary>
    private static string Explain(JsonException exception)
    {
        var message = WithoutPlace(exception.Message);
        return exception switch
        {
            { Path: { Length: > 2 } path } => $"{path[2..]}: {message}",
            { BytePositionInLine: { } position } => $"{message} (byte {position + 1})",
            _ => message,
        };
    }

    private static string WithoutPlace(string message) => message.Split(" LineNumber:")[0].Split(" Path:")[0].TrimEnd();
}
