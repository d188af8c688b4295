using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Contracts;
using MassTransit;
using MassTransit.Serialization;

namespace HubSpotMessaging.UnitTests.Contracts;

/// <summary>What publishers and subscribers in other languages rely on. A change here breaks them.</summary>
public sealed class WireTests
{
    private static readonly DateTimeOffset Noon = new(2026, 9, 10, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid MessageId = Guid.Parse("0b6d6a9e-4c57-4d0b-9a3c-2f1de7a9a001");

    private static readonly Dictionary<string, (object Message, string Json)> Messages = new()
    {
        ["SyncContact"] = (
            new SyncContact
            {
                CommandId = "c-1",
                OccurredAt = Noon,
                ExpiresAt = Noon.AddHours(1),
                Email = "ada@example.com",
                Properties = new Dictionary<string, string?> { ["firstname"] = "Ada", ["phone"] = null },
            },
            """
            {"commandId":"c-1","occurredAt":"2026-09-10T12:00:00+00:00","expiresAt":"2026-09-10T13:00:00+00:00","email":"ada@example.com",
             "properties":{"firstname":"Ada","phone":null}}
            """),
        ["EnrollInWorkflow"] = (
            new EnrollInWorkflow { CommandId = "c-2", Email = "ada@example.com", Workflow = "flow:585051946" },
            """{"commandId":"c-2","email":"ada@example.com","workflow":"flow:585051946"}"""),
        ["PostTimelineEvent"] = (
            new PostTimelineEvent
            {
                CommandId = "c-3",
                EventType = "1001298",
                ObjectId = "51",
                Tokens = new Dictionary<string, string?> { ["orderNumber"] = "8842" },
                ExtraData = JsonSerializer.SerializeToElement(new { sku = "A1" }),
                TimelineIFrame = new() { LinkLabel = "View", HeaderLabel = "Order", Url = "https://shop.example/8842", Width = 600, Height = 400 },
            },
            """
            {"commandId":"c-3","eventType":"1001298","objectId":"51","tokens":{"orderNumber":"8842"},"extraData":{"sku":"A1"},
             "timelineIFrame":{"linkLabel":"View","headerLabel":"Order","url":"https://shop.example/8842","width":600,"height":400}}
            """),
        ["ContactSynced"] = (
            new ContactSynced
            {
                CommandId = "c-1",
                MessageId = MessageId,
                PortalId = 62515,
                OccurredAt = Noon,
                Email = "ada@example.com",
                ContactId = "51",
                Result = ContactSyncResult.Superseded,
                SkippedProperties = ["phone"],
            },
            """
            {"commandId":"c-1","messageId":"0b6d6a9e-4c57-4d0b-9a3c-2f1de7a9a001","portalId":62515,"occurredAt":"2026-09-10T12:00:00+00:00",
             "email":"ada@example.com","contactId":"51","result":"Superseded","skippedProperties":["phone"]}
            """),
        ["ContactEnrolledInWorkflow"] = (
            new ContactEnrolledInWorkflow
            {
                CommandId = "c-2",
                PortalId = 62515,
                OccurredAt = Noon,
                Email = "ada@example.com",
                ContactId = "51",
                Workflow = "welcome",
                WorkflowId = "1001",
            },
            """
            {"commandId":"c-2","portalId":62515,"occurredAt":"2026-09-10T12:00:00+00:00","email":"ada@example.com","contactId":"51",
             "workflow":"welcome","workflowId":"1001"}
            """),
        ["TimelineEventPosted"] = (
            new TimelineEventPosted { CommandId = "c-3", PortalId = 62515, OccurredAt = Noon, EventType = "1001298", EventId = "c-3" },
            """{"commandId":"c-3","portalId":62515,"occurredAt":"2026-09-10T12:00:00+00:00","eventType":"1001298","eventId":"c-3"}"""),
        ["CommandRejected"] = (
            new CommandRejected
            {
                CommandId = "c-1",
                PortalId = 62515,
                OccurredAt = Noon,
                CommandType = "SyncContact",
                Category = "VALIDATION_ERROR",
                Message = "no",
                Errors = [new("favorite_food", "PROPERTY_DOESNT_EXIST", "unknown")],
                CorrelationId = "a43683b0",
            },
            """
            {"commandId":"c-1","portalId":62515,"occurredAt":"2026-09-10T12:00:00+00:00","commandType":"SyncContact","category":"VALIDATION_ERROR",
             "message":"no","errors":[{"property":"favorite_food","code":"PROPERTY_DOESNT_EXIST","message":"unknown"}],"correlationId":"a43683b0"}
            """),
        ["TokenRefreshed"] = (
            new TokenRefreshed { PortalId = 62515, ExpiresAt = Noon, Generation = 7 },
            """{"portalId":62515,"expiresAt":"2026-09-10T12:00:00+00:00","generation":7}"""),
        ["AuthorizationRequired"] = (
            new AuthorizationRequired { Reason = AuthorizationLossReason.NotYetAuthorized, ReconnectUrl = "https://sync.example/oauth/start" },
            """{"reason":"NotYetAuthorized","reconnectUrl":"https://sync.example/oauth/start"}"""),
        ["AuthorizationGranted"] = (
            new AuthorizationGranted { PortalId = 62515, Scopes = ["oauth"] },
            """{"portalId":62515,"scopes":["oauth"]}"""),
        ["DeliveryPaused"] = (
            new DeliveryPaused { Reason = "Authorization", Until = Noon },
            """{"reason":"Authorization","until":"2026-09-10T12:00:00+00:00"}"""),
        ["DeliveryResumed"] = (
            new DeliveryResumed { Reason = "Authorization", Scope = "EnrollInWorkflow" },
            """{"reason":"Authorization","scope":"EnrollInWorkflow"}"""),
    };

    public static TheoryData<string> Names => [.. Messages.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_contract_has_its_exchange_and_its_urn(string name)
    {
        var type = Messages[name].Message.GetType();

        new MassTransit.RabbitMqTransport.RabbitMqMessageNameFormatter().GetMessageName(type).ToString().ShouldBe($"HubSpotMessaging.Contracts:{name}");
        MessageUrn.ForTypeString(type).ShouldBe($"urn:message:HubSpotMessaging.Contracts:{name}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_contract_has_its_json(string name)
    {
        var (message, json) = Messages[name];

        var written = JsonSerializer.SerializeToNode(message, message.GetType(), SystemTextJsonMessageSerializer.Options);

        JsonNode.DeepEquals(WithoutNulls(written), WithoutNulls(JsonNode.Parse(json))).ShouldBeTrue(written!.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_contract_is_read_back_from_its_json(string name)
    {
        var (message, json) = Messages[name];

        var read = JsonSerializer.Deserialize(json, message.GetType(), SystemTextJsonMessageSerializer.Options);

        JsonNode.DeepEquals(
            JsonSerializer.SerializeToNode(read, message.GetType(), SystemTextJsonMessageSerializer.Options),
            JsonSerializer.SerializeToNode(message, message.GetType(), SystemTextJsonMessageSerializer.Options)).ShouldBeTrue();
    }

    [Fact]
    public void No_contract_is_missing_here() =>
        typeof(SyncContact).Assembly.GetExportedTypes()
            .Where(type => !type.IsInterface && type.Namespace == "HubSpotMessaging.Contracts" && type.GetMethod("<Clone>$") is not null)
            .Select(type => type.Name)
            .Except(["TimelineIFrame", "CommandError"])
            .ShouldBe(Messages.Keys, ignoreOrder: true);

    [Fact]
    public void The_contracts_depend_on_nothing() =>
        typeof(SyncContact).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name!)
            .ShouldAllBe(name => name.StartsWith("System.", StringComparison.Ordinal));

    private static JsonNode? WithoutNulls(JsonNode? node)
    {
        if (node is not JsonObject json)
            return node;
        foreach (var (name, value) in json.ToList())
            if (value is null && name != "phone")
                json.Remove(name);
        return json;
    }
}
