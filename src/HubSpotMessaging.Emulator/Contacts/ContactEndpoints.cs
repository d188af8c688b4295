using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Contacts;

/// <summary>The contacts API, the same in every version but for the rules of administrators, which 2026-09 began to enforce.</summary>
internal static class ContactEndpoints
{
    private const string EnforcingVersion = "2026-09";

    private static readonly string[] Paths =
    [
        "/crm/v3/objects/{type:regex(^(contacts|0-1)$)}",
        "/crm/objects/{version:regex(^2026-0[39]$)}/{type:regex(^(contacts|0-1)$)}",
    ];

    public static void MapContacts(this IEndpointRouteBuilder routes)
    {
        foreach (var path in Paths)
        {
            MapReads(routes.MapGroup(path).RequireScopes(Scopes.ContactsRead));
            MapWrites(routes.MapGroup(path).RequireScopes(Scopes.ContactsWrite));
        }
    }

    private static void MapReads(RouteGroupBuilder group)
    {
        group.MapGet("/{id}", Get);
        group.MapPost("/batch/read", (HttpContext context, ContactBatch batch) =>
            batch.Read(context.PortalId(), Batch(context)).ToResult(StatusCodes.Status200OK));
    }

    private static void MapWrites(RouteGroupBuilder group)
    {
        group.MapPost("/", Create);
        group.MapPatch("/{id}", Update);
        group.MapDelete("/{id}", Archive);

        group.MapPost("/batch/create", (HttpContext context, ContactBatch batch, EmulatorSettings settings) =>
            batch.Create(context.PortalId(), Batch(context), Required(context, settings)).ToResult(StatusCodes.Status201Created));
        group.MapPost("/batch/update", (HttpContext context, ContactBatch batch, EmulatorSettings settings) =>
            batch.Update(context.PortalId(), Batch(context), Required(context, settings)).ToResult(StatusCodes.Status200OK));
        group.MapPost("/batch/upsert", (HttpContext context, ContactBatch batch, EmulatorSettings settings) =>
            batch.Upsert(context.PortalId(), Batch(context), Required(context, settings)).ToResult(StatusCodes.Status200OK));
        group.MapPost("/batch/archive", (HttpContext context, ContactBatch batch) =>
        {
            batch.Archive(context.PortalId(), Batch(context));
            return TypedResults.NoContent();
        });
    }

    private static IResult Get(
        HttpContext context, ContactDirectory contacts, PropertyRegistry definitions, string? idProperty)
    {
        var portalId = context.PortalId();
        var contact = FindOrRefuse(contacts.Read(portalId), context, idProperty);
        return TypedResults.Json(ContactView.Read(contact, portalId, PropertiesAskedFor(context), definitions));
    }

    private static IResult Create(HttpContext context, ContactDirectory contacts, EmulatorSettings settings)
    {
        var properties = ReadProperties(context);
        var outcome = contacts.Write(context.PortalId(), write => write.Create(properties), Required(context, settings));
        return Answer(context, outcome, properties, StatusCodes.Status201Created);
    }

    private static IResult Update(
        HttpContext context, ContactDirectory contacts, EmulatorSettings settings, string? idProperty)
    {
        var properties = ReadProperties(context);
        var outcome = contacts.Write(
            context.PortalId(),
            write => write.Update(FindOrRefuse(write.Book, context, idProperty), properties),
            Required(context, settings));
        return Answer(context, outcome, properties, StatusCodes.Status200OK);
    }

    private static IResult Archive(HttpContext context, ContactDirectory contacts, string? idProperty)
    {
        contacts.Write(context.PortalId(), write =>
        {
            if (ContactBatch.Find(write.Book, context.LastSegment(), idProperty) is { } contact) write.Archive(contact);
            return 0;
        });
        return TypedResults.NoContent();
    }

    private static IResult Answer(
        HttpContext context, WriteOutcome outcome, Dictionary<string, string?> properties, int successStatus) =>
        outcome.Contact is { } contact
            ? TypedResults.Json(ContactView.Written(contact, context.PortalId(), properties.Keys), statusCode: successStatus)
            : throw outcome.Problem!.ToRefusal();

    private static BatchRequest Batch(HttpContext context) => context.ReadJson<BatchRequest>();

    private static string? Required(HttpContext context, EmulatorSettings settings) =>
        context.GetRouteValue("version") is EnforcingVersion ? settings.RequiredProperty : null;

    private static Contact FindOrRefuse(ContactBook book, HttpContext context, string? idProperty) =>
        ContactBatch.Find(book, context.LastSegment(), idProperty) ?? throw RefusedException.Missing("resource not found");

    private static Dictionary<string, string?> ReadProperties(HttpContext context) =>
        context.ReadJson<BatchInput>().Properties ?? throw RefusedException.Unset("properties");

    private static List<string> PropertiesAskedFor(HttpContext context) =>
    [
        .. context.Request.Query["properties"]
            .OfType<string>()
            .SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries)),
    ];
}
