using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Timeline;

/// <summary>The v3 timeline API: templates with tokens, and the last event with an id wins.</summary>
internal static class TimelineEndpoints
{
    public static void MapTimeline(this IEndpointRouteBuilder routes)
    {
        foreach (var path in (string[])["/integrators/timeline/v3/events", "/crm/v3/timeline/events"])
        {
            var group = routes.MapGroup(path).RequireScopes(Scopes.Timeline, Scopes.TimelineWrite);
            group.MapPost("/", Post);
            group.MapPost("/batch/create", PostBatch);
            group.MapGet("/{eventTemplateId}/{eventId}", Get);
        }
    }

    private static IResult Post(HttpContext context, EventAdder events)
    {
        var added = events.Add(context.PortalId(), context.ReadJson<EventInput>());
        return TypedResults.Json(EventView.From(added), statusCode: StatusCodes.Status201Created);
    }

    private static IResult PostBatch(HttpContext context, EventAdder events, TimeProvider clock)
    {
        var startedAt = clock.GetUtcNow();
        var results = new List<EventView>();
        var errors = new List<RecordError>();
        var inputs = BatchInputs.Check(context.ReadJson<EventBatch>().Inputs);
        foreach (var input in inputs)
        {
            try
            {
                results.Add(EventView.From(events.Add(context.PortalId(), input)));
            }
            catch (RefusedException refusal)
            {
                errors.Add(new RecordError(refusal.Body.Category!, refusal.Message) { Context = ErrorContext.Of("id", input.Id ?? "") });
            }
        }

        return new BatchAnswer<EventView>(results, errors, startedAt, clock.GetUtcNow()).ToResult(StatusCodes.Status201Created);
    }

    private static IResult Get(HttpContext context, TimelineLog log, string eventTemplateId) =>
        log.Find(context.PortalId(), eventTemplateId, context.LastSegment()) is { } found
            ? TypedResults.Json(EventView.From(found))
            : throw RefusedException.Missing("resource not found");
}
