using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Testing;
using Json.Schema;
using MassTransit.Serialization;

namespace HubSpotMessaging.UnitTests.Contracts.Documents;

/// <summary>The schemas say of a message what the service says of it, as far as JSON Schema can tell.</summary>
public sealed partial class SchemaAgreementTests
{
    private static readonly JsonSerializerOptions AsTheServiceReads = CommandBus.RequireNothing(new(SystemTextJsonMessageSerializer.Options));

    private static readonly ConcurrentDictionary<string, JsonSchema> Schemas = new(StringComparer.Ordinal);

    private static readonly EvaluationOptions Strictly = new() { RequireFormatValidation = true };

    public static TheoryData<IHubSpotCommand> Good => CommandRulesTests.Good;

    public static TheoryData<IHubSpotCommand, string?, string> Bad => CommandRulesTests.Bad;

    [Theory]
    [MemberData(nameof(Good))]
    public void What_the_service_takes_the_schema_takes(IHubSpotCommand command) => Fits(command).ShouldBeTrue();

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_the_service_rejects_the_schema_rejects_as_far_as_it_can_tell(IHubSpotCommand command, string? property, string code)
    {
        var cannotTell = code == CommandErrorCodes.Conflicting && property == "email" // Two fields that disagree,
            || code == CommandErrorCodes.TooLong && command is PostTimelineEvent // bytes instead of characters,
            || command.Validate().Single().Property == "email" && command is SyncContact { Email.Length: > EmailAddress.MaximumLength }; // and a length less the white space.

        Fits(command).ShouldBe(cannotTell);
    }

    [Theory]
    [InlineData("SyncContact", """{"email":"ada@example.com"}""", true)]
    [InlineData("SyncContact", """{"email":"ada@example.com","commandId":4711,"properties":{"a":"x","b":1.5,"c":true,"d":null}}""", true)]
    [InlineData("SyncContact", """{"email":"ada@example.com","somethingNew":{"nobody":"knows"}}""", true)]
    [InlineData("SyncContact", """{"email":"ada@example.com","occurredAt":"2026-09-10T12:00:00+02:00"}""", true)]
    [InlineData("SyncContact", """{"email":"ada@example.com","occurredAt":"yesterday"}""", false)]
    [InlineData("SyncContact", """{"email":"ada@example.com","properties":{"a":{}}}""", false)]
    [InlineData("SyncContact", """{"email":"ada@example.com","properties":[]}""", false)]
    [InlineData("SyncContact", """{"email":5}""", false)]
    [InlineData("SyncContact", """{"properties":{}}""", false)]
    [InlineData("SyncContact", """[]""", false)]
    [InlineData("EnrollInWorkflow", """{"email":"ada@example.com","workflow":1001}""", true)]
    [InlineData("EnrollInWorkflow", """{"email":"ada@example.com","workflow":true}""", false)]
    [InlineData("EnrollInWorkflow", """{"email":"ada@example.com"}""", false)]
    [InlineData("PostTimelineEvent", """{"eventType":1001298,"objectId":51,"email":null,"utk":""}""", true)]
    [InlineData("PostTimelineEvent", """{"eventType":"1001298","objectId":51,"utk":"abc"}""", false)]
    [InlineData("PostTimelineEvent", """{"eventType":"1001298"}""", false)]
    public void So_they_do_of_plain_JSON(string contract, string json, bool isGood)
    {
        SchemaOf(contract).Evaluate(JsonDocument.Parse(json).RootElement, Strictly).IsValid.ShouldBe(isGood);

        IsTaken(contract, json).ShouldBe(isGood);
    }

    [Fact]
    public void The_examples_of_the_documentation_fit_their_schemas_and_name_nothing_unknown()
    {
        var examples = Example().Matches(File.ReadAllText(Repository.Find("docs/contracts.md")));

        examples.Select(example => example.Groups["contract"].Value).ShouldBe(["SyncContact", "EnrollInWorkflow", "PostTimelineEvent", "CommandRejected"]);
        foreach (Match example in examples)
        {
            var json = JsonElement.Parse(example.Groups["json"].Value);
            var contract = example.Groups["contract"].Value;
            SchemaOf(contract).Evaluate(json, Strictly).IsValid.ShouldBeTrue(contract);
            json.EnumerateObject().Select(field => field.Name).ShouldBeSubsetOf(
                JsonNode.Parse(File.ReadAllText(Repository.Find($"contracts/schemas/{contract}.json")))!["properties"]!.AsObject().Select(field => field.Key));
        }
    }

    [Fact]
    public void An_id_that_is_a_number_is_read_as_it_is_written()
    {
        var command = JsonSerializer.Deserialize<PostTimelineEvent>("""{"commandId":8842,"eventType":1001298,"objectId":12345678901234567890}""", SystemTextJsonMessageSerializer.Options)!;

        (command.CommandId, command.EventType, command.ObjectId).ShouldBe(("8842", "1001298", "12345678901234567890"));
    }

    private static JsonSchema SchemaOf(string contract) =>
        Schemas.GetOrAdd(contract, name => JsonSchema.FromFile(Repository.Find($"contracts/schemas/{name}.json")));

    private static bool Fits(IHubSpotCommand command) => SchemaOf(command.GetType().Name)
        .Evaluate(JsonSerializer.SerializeToElement(command, command.GetType(), SystemTextJsonMessageSerializer.Options), Strictly).IsValid;

    private static bool IsTaken(string contract, string json)
    {
        try
        {
            var type = ContractSchemas.Commands.Single(type => type.Name == contract);
            return JsonNode.Parse(json) is JsonObject && ((IHubSpotCommand)JsonSerializer.Deserialize(json, type, AsTheServiceReads)!).Validate().Count == 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^```json (?<contract>\w+)\n(?<json>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Example();
}
