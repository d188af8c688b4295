using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Testing;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.EventEmitters;

namespace HubSpotMessaging.UnitTests.Contracts.Documents;

/// <summary>
/// <c>contracts/schemas</c> and <c>contracts/asyncapi.yaml</c> say what the contracts say. With <c>WRITE_CONTRACTS=yes</c> these tests write
/// them anew.
/// </summary>
public sealed class ContractDocumentTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly DirectoryInfo Folder = new FileInfo(Repository.Find("contracts/HubSpotMessaging.Contracts.csproj")).Directory!;

    public static TheoryData<string> Contracts => [.. ContractSchemas.Commands.Concat(ContractSchemas.Events).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Contracts))]
    public void The_schema_of_each_contract_is_up_to_date(string contract) => ShouldBeUpToDate(
        $"schemas/{contract}.json",
        ContractSchemas.Of(ContractSchemas.Commands.Concat(ContractSchemas.Events).Single(type => type.Name == contract)).ToJsonString(Indented) + "\n");

    [Fact]
    public void There_is_no_schema_of_anything_else() =>
        Folder.GetDirectories("schemas").Single().GetFiles().Select(file => Path.GetFileNameWithoutExtension(file.Name))
            .ShouldBe(Contracts.Select(row => row.Data), ignoreOrder: true);

    [Fact]
    public void The_AsyncAPI_document_is_up_to_date() => ShouldBeUpToDate(
        "asyncapi.yaml",
        "# Generated from the contracts: see README.md beside it.\n" + new SerializerBuilder()
            .WithEventEmitter(next => new TextAsBlocks(next)).WithQuotingNecessaryStrings().WithNewLine("\n").Build().Serialize(Plain(AsyncApi.Document())!));

    private static void ShouldBeUpToDate(string path, string text)
    {
        var file = Path.Combine(Folder.FullName, path);
        if (Environment.GetEnvironmentVariable("WRITE_CONTRACTS") == "yes")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        (File.Exists(file) ? File.ReadAllText(file) : null).ShouldBe(text, $"contracts/{path} is out of date; contracts/README.md tells how to write it anew.");
    }

    private static object? Plain(JsonNode? node) => node switch
    {
        JsonObject map => map.ToDictionary(entry => entry.Key, entry => Plain(entry.Value)),
        JsonArray list => list.Select(Plain).ToList(),
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        JsonValue value when value.TryGetValue<int>(out var number) => number,
        null => null,
        _ => node.GetValue<string>(),
    };

    private sealed class TextAsBlocks(IEventEmitter next) : ChainedEventEmitter(next)
    {
        public override void Emit(ScalarEventInfo eventInfo, IEmitter emitter)
        {
            if (eventInfo.Source.Value is string text && text.Contains('\n', StringComparison.Ordinal))
                eventInfo.Style = ScalarStyle.Literal;
            base.Emit(eventInfo, emitter);
        }
    }
}
