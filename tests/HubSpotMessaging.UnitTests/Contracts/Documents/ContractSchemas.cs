using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.UnitTests.Contracts.Documents;

/// <summary>
/// The JSON Schemas of the contracts: shape and words from the contracts themselves, and of the rules of commands those that JSON Schema can tell.
/// </summary>
internal static class ContractSchemas
{
    private const string Id = """{ "type": ["string", "integer"], "pattern": "\\S" }""";
    private const string OptionalId = """{ "type": ["string", "integer", "null"] }""";
    private const string Text = """{ "type": "string", "pattern": "\\S" }""";
    private const string Pixels = """{ "type": "integer", "exclusiveMinimum": 0 }""";

    private static readonly string ContactProperties = $$"""
        {
          "type": ["object", "null"], "propertyNames": { "pattern": "\\S" },
          "additionalProperties": { "type": ["string", "number", "boolean", "null"], "maxLength": {{CommandRules.MaximumPropertyLength}} }
        }
        """;

    private static readonly string CommandId = $$"""{ "type": ["string", "integer", "null"], "pattern": "\\S", "maxLength": {{CommandRules.MaximumCommandIdLength}} }""";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    private static readonly JsonSchemaExporterOptions Exporter = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Complete };

    public static IReadOnlyList<Type> Commands { get; } =
        [.. Records().Where(type => type.IsAssignableTo(typeof(IHubSpotCommand)))];

    public static IReadOnlyList<Type> Events { get; } =
        [.. Records().Except([.. Commands, typeof(TimelineIFrame), typeof(CommandError)])];

    public static JsonObject Of(Type type)
    {
        var schema = Json.GetJsonSchemaAsNode(type, Exporter).AsObject();
        if (type == typeof(PostTimelineEvent))
            schema["oneOf"] = new JsonArray(OnlyOne("email"), OnlyOne("objectId"), OnlyOne("utk"));
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", type.Name);
        return schema;
    }

    private static IEnumerable<Type> Records() =>
        typeof(IHubSpotCommand).Assembly.GetExportedTypes().Where(type => type.GetMethod("<Clone>$") is not null).OrderBy(type => type.Name, StringComparer.Ordinal);

    private static JsonNode Complete(JsonSchemaExporterContext context, JsonNode node)
    {
        var property = context.PropertyInfo?.AttributeProvider as PropertyInfo;
        var schema = property is not null && Rules(property) is { } rules ? JsonNode.Parse(rules)!.AsObject()
            : node as JsonObject ?? throw new NotSupportedException($"The schema of {context.TypeInfo.Type} must be told here.");
        if (context.TypeInfo.Kind == JsonTypeInfoKind.Object)
            Require(context.TypeInfo.Type, schema);

        if (Description(context, property) is { } description)
            schema.Insert(0, "description", description);
        return schema;
    }

    private static string? Description(JsonSchemaExporterContext context, PropertyInfo? property)
    {
        var description = property is not null ? XmlDocs.Of(property) : context.Path.Length == 0 ? XmlDocs.Of(context.TypeInfo.Type) : null;
        return context.TypeInfo.Type.IsEnum
            ? $"{description} {string.Join(' ', context.TypeInfo.Type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(value => $"`{value.Name}`: {XmlDocs.Of(value)}"))}"
            : description;
    }

    /// <summary>Of a command what its rules ask for; of an event all that is never null, which a subscriber can rely on.</summary>
    private static void Require(Type type, JsonObject schema)
    {
        if (Commands.Contains(type))
            return;

        schema["required"] = new JsonArray([.. schema["properties"]!.AsObject()
            .Where(property => property.Value!["type"] is not JsonArray types || !types.Any(name => (string?)name == "null"))
            .Select(property => (JsonNode?)property.Key)]);
    }

    /// <summary>What the property's type alone does not tell, or its converter hides.</summary>
    private static string? Rules(PropertyInfo property) => (property.DeclaringType!.Name, property.Name) switch
    {
        (nameof(PostTimelineEvent), nameof(PostTimelineEvent.CommandId)) => CommandId.Replace(" }", """, "not": { "type": "string", "pattern": "\\{\\{" } }""", StringComparison.Ordinal),
        (_, nameof(IHubSpotCommand.CommandId)) when IsOfCommand(property) => CommandId,
        (_, nameof(IHubSpotCommand.OccurredAt) or nameof(IHubSpotCommand.ExpiresAt)) when IsOfCommand(property) => """{ "type": ["string", "null"], "format": "date-time" }""",
        (nameof(PostTimelineEvent), nameof(PostTimelineEvent.Email)) => """{ "type": ["string", "null"], "pattern": "^\\s*([^\\s@]+@[^\\s@]+\\s*)?$" }""",
        (_, nameof(SyncContact.Email)) when IsOfCommand(property) => """{ "type": "string", "pattern": "^\\s*[^\\s@]+@[^\\s@]+\\s*$" }""",
        (_, nameof(SyncContact.Properties)) => ContactProperties,
        (nameof(EnrollInWorkflow), nameof(EnrollInWorkflow.Workflow)) => Id,
        (nameof(PostTimelineEvent), nameof(PostTimelineEvent.EventType)) => Id,
        (_, nameof(PostTimelineEvent.ObjectId)) => OptionalId,
        (_, nameof(PostTimelineEvent.Tokens)) =>
            """{ "type": ["object", "null"], "propertyNames": { "pattern": "\\S" }, "additionalProperties": { "type": ["string", "number", "boolean"] } }""",
        (_, nameof(PostTimelineEvent.ExtraData)) => """{ "type": ["object", "null"] }""",
        (nameof(TimelineIFrame), nameof(TimelineIFrame.Url)) => """{ "type": "string", "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://" }""",
        (nameof(TimelineIFrame), nameof(TimelineIFrame.LinkLabel) or nameof(TimelineIFrame.HeaderLabel)) => Text,
        (nameof(TimelineIFrame), nameof(TimelineIFrame.Width) or nameof(TimelineIFrame.Height)) => Pixels,
        _ => null,
    };

    private static bool IsOfCommand(PropertyInfo property) => Commands.Contains(property.DeclaringType);

    /// <summary>Null and blank count as not given.</summary>
    private static JsonObject OnlyOne(string identity) => new()
    {
        ["required"] = new JsonArray(identity),
        ["properties"] = new JsonObject { [identity] = new JsonObject { ["type"] = new JsonArray("string", "integer"), ["pattern"] = "\\S" } },
    };
}
