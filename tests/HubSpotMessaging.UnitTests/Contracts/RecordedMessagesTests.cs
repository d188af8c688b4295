using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Testing;
using HubSpotMessaging.UnitTests.Contracts.Documents;
using MassTransit.Serialization;

namespace HubSpotMessaging.UnitTests.Contracts;

/// <summary>What any version has put on the wire is read with nothing lost.</summary>
public sealed class RecordedMessagesTests
{
    private static readonly JsonSerializerOptions AsTheServiceReads = CommandBus.RequireNothing(new(SystemTextJsonMessageSerializer.Options));

    private static readonly DirectoryInfo Folder = new FileInfo(Repository.Find("tests/HubSpotMessaging.UnitTests/Contracts/recorded/README.md")).Directory!;

    public static TheoryData<string> Recordings =>
        [.. Folder.GetFiles("*.json", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder.FullName, file.FullName))];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void A_recorded_message_is_read_with_nothing_lost(string recording)
    {
        var type = ContractSchemas.Commands.Concat(ContractSchemas.Events).Single(type => type.Name == Path.GetFileName(recording).Split('.')[0]);
        var body = JsonNode.Parse(File.ReadAllBytes(Path.Combine(Folder.FullName, recording)))!;
        var recorded = body["messageType"] is null ? body : body["message"]!;

        var read = JsonSerializer.SerializeToNode(recorded.Deserialize(type, AsTheServiceReads), type, AsTheServiceReads)!;

        ShouldHold(read, recorded, recording);
    }

    [Fact]
    public void Each_kind_of_message_is_recorded_in_every_form()
    {
        var forms = ContractSchemas.Commands.SelectMany(type => new[] { $"{type.Name}.plain.json", $"{type.Name}.envelope.json" })
            .Concat(ContractSchemas.Events.Select(type => $"{type.Name}.envelope.json"));

        Recordings.Select(row => Path.GetFileName(row.Data)).Distinct().ShouldBe(forms, ignoreOrder: true);
    }

    /// <summary>Values are compared as what they mean: a number may have become text, and a moment may be written otherwise.</summary>
    private static void ShouldHold(JsonNode? read, JsonNode? recorded, string path)
    {
        switch (recorded)
        {
            case JsonObject fields:
                foreach (var (name, value) in fields)
                    ShouldHold(read.ShouldBeOfType<JsonObject>(path).ContainsKey(name) ? read![name] : throw new InvalidOperationException($"{path}: {name} is lost."), value, $"{path}/{name}");
                break;
            case JsonArray items:
                read.ShouldBeOfType<JsonArray>(path).Count.ShouldBe(items.Count, path);
                for (var index = 0; index < items.Count; index++)
                    ShouldHold(read![index], items[index], $"{path}/{index}");
                break;
            default:
                Meaning(read).ShouldBe(Meaning(recorded), path);
                break;
        }
    }

    private static object? Meaning(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.String && DateTimeOffset.TryParse(value.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment.UtcTicks
            : value?.ToString();
}
