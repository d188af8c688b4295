using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Emulator.Accounts;
using HubSpotMessaging.Emulator.Contacts;
using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Recording;
using HubSpotMessaging.Emulator.Timeline;
using HubSpotMessaging.Emulator.Wire;
using HubSpotMessaging.Emulator.Workflows;

namespace HubSpotMessaging.Emulator.Control;

/// <summary>What HubSpot does not have: looking at everything, and changing how it behaves.</summary>
internal static class ControlEndpoints
{
    public static void MapControl(this IEndpointRouteBuilder routes)
    {
        var control = routes.MapGroup("/emulator");
        control.MapGet("/", HomePage.Show);
        control.MapGet("/health", IResult () => TypedResults.Json(new { Status = "ok" }));
        control.MapPost("/reset", (IEnumerable<IResettable> everything) =>
        {
            foreach (var part in everything) part.Reset();
            return TypedResults.NoContent();
        });

        MapSettings(control);
        MapRecords(control);
        MapGrants(control);
        MapFaults(control);
        MapRegistry<AccountRegistry, long, Account>(control, "/accounts");
        MapRegistry<WorkflowRegistry, long, Workflow>(control, "/workflows");
        MapRegistry<EventTemplateRegistry, string, EventTemplate>(control, "/event-templates");
        MapRegistry<EventTypeRegistry, string, AppEventType>(control, "/event-types");
        MapRegistry<PropertyRegistry, string, PropertyDefinition>(control, "/properties");
    }

    private static void MapSettings(RouteGroupBuilder control)
    {
        control.MapGet("/settings", (EmulatorSettings settings) => ControlJson.Complete(settings));
        control.MapPut("/settings", async (HttpRequest request, EmulatorSettings settings) =>
        {
            var changes = await ControlJson.ReadAsync<Dictionary<string, JsonNode?>>(request);
            settings.Change(current => ControlJson.Merge(current, changes));
            return ControlJson.Complete(settings);
        });
    }

    private static void MapRecords(RouteGroupBuilder control)
    {
        control.MapGet("/calls", (CallLog calls, string? path, bool? bodies) =>
            TypedResults.Json(bodies == false ? [.. calls.List(path).Select(call => call with { Body = "" })] : calls.List(path)));
        control.MapDelete("/calls", (CallLog calls) =>
        {
            calls.Clear();
            return TypedResults.NoContent();
        });
        control.MapGet("/contacts", (ContactDirectory contacts, long? portalId) => TypedResults.Json(contacts.List(portalId)));
        control.MapGet("/contacts/count", IResult (ContactDirectory contacts, long portalId) =>
            TypedResults.Json(new { contacts.Read(portalId).ById.Count }));
        control.MapPost("/contacts", async (HttpRequest request, ContactDirectory contacts) =>
        {
            var seed = await ControlJson.ReadAsync<ContactSeed>(request);
            var properties = seed.Properties.ToDictionary(property => property.Key, property => property.Value ?? "", StringComparer.Ordinal);
            var contact = contacts.Seed(seed.PortalId, properties);
            return TypedResults.Json(EmulatedContact.From(seed.PortalId, contact), statusCode: StatusCodes.Status201Created);
        });
        control.MapGet("/enrollments", (EnrollmentLog log, long? portalId) => TypedResults.Json(log.List(portalId)));
        control.MapGet("/timeline-events", (TimelineLog log, long? portalId) => TypedResults.Json(log.List(portalId)));
    }

    private static void MapGrants(RouteGroupBuilder control)
    {
        control.MapPost("/grants", async (HttpRequest request, GrantBook grants, AccountRegistry accounts) =>
        {
            var wish = await ControlJson.ReadAsync<GrantWish>(request);
            if (accounts.Find(wish.PortalId) is null) throw RefusedException.Invalid($"There is no account {wish.PortalId}");
            return TypedResults.Json(grants.Issue(wish.PortalId, wish.Scopes), statusCode: StatusCodes.Status201Created);
        });
        control.MapPost("/grants/{portalId:long}/revoke", (GrantBook grants, long portalId) =>
        {
            grants.Revoke(portalId);
            return TypedResults.NoContent();
        });
        control.MapPost("/grants/{portalId:long}/expire", (GrantBook grants, long portalId) =>
        {
            grants.ExpireAccessTokens(portalId);
            return TypedResults.NoContent();
        });
    }

    private static void MapFaults(RouteGroupBuilder control)
    {
        control.MapGet("/faults", IResult (FaultBook faults) => TypedResults.Json(faults.Active.Select(Describe)));
        control.MapPost("/faults", async (HttpRequest request, FaultBook faults) =>
        {
            var active = faults.Add(await ControlJson.ReadAsync<Fault>(request));
            return TypedResults.Json(Describe(active), statusCode: StatusCodes.Status201Created);
        });
        control.MapDelete("/faults", (FaultBook faults) =>
        {
            faults.Clear();
            return TypedResults.NoContent();
        });
        control.MapDelete("/faults/{id}", (FaultBook faults, string id) =>
            faults.Remove(id) ? TypedResults.NoContent() : throw RefusedException.Missing($"There is no fault {id}"));
    }

    private static void MapRegistry<TRegistry, TKey, TValue>(RouteGroupBuilder control, string path)
        where TRegistry : Registry<TKey, TValue>
        where TKey : notnull
        where TValue : class
    {
        control.MapGet(path, IResult (HttpContext context) => TypedResults.Json(Registry(context).All));
        control.MapPut(path, async Task<IResult> (HttpContext context) =>
        {
            var value = await ControlJson.ReadAsync<TValue>(context.Request);
            Registry(context).Put(value);
            return TypedResults.Json(value);
        });

        static TRegistry Registry(HttpContext context) => context.RequestServices.GetRequiredService<TRegistry>();
    }

    /// <summary>The fault as it was sent, with its id and how often it struck.</summary>
    private static JsonObject Describe(ActiveFault active)
    {
        var description = new JsonObject { ["id"] = active.Id, ["hits"] = active.Hits };
        foreach (var (name, value) in JsonSerializer.SerializeToNode(active.Fault, HubSpotJson.Options)!.AsObject())
            description[name] = value?.DeepClone();
        return description;
    }

    private sealed record ContactSeed(long PortalId, Dictionary<string, string?> Properties);

    private sealed record GrantWish(long PortalId, IReadOnlyList<string>? Scopes = null);
}
