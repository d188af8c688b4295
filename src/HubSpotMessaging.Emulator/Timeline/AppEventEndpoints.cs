using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Timeline;

/// <summary>App events: immutable occurrences, and a batch is accepted as a whole or not at all.</summary>
internal static class AppEventEndpoints
{
    private const int MaximumInputs = 500;

    public static void MapAppEvents(this IEndpointRouteBuilder routes)
    {
        var group = routes
            .MapGroup("/integrators/timeline/{version:regex(^(v4|2026-0[39])$)}/events")
            .RequireScopes(Scopes.Timeline, Scopes.TimelineWrite);
        group.MapPost("/", Post);
        group.MapPost("/batch", PostBatch);
    }

    private static IResult Post(HttpContext context, EventAdder events)
    {
        var added = events.AddOccurrences(context.PortalId(), [context.ReadJson<EventInput>()]);
        return TypedResults.Json(EventView.From(added[0]), statusCode: StatusCodes.Status201Created);
    }

    private static IResult PostBatch(HttpContext context, EventAdder events, TimeProvider clock)
    {
        var startedAt = clock.GetUtcNow();
        var inputs = BatchInputs.Check(context.ReadJson<EventBatch>().Inputs, MaximumInputs);
        var added = events.AddOccurrences(context.PortalId(), inputs);
        return TypedResults.Json(new
        {
            Status = "COMPLETE",
            Results = added.Select(EventView.From),
            Errors = Array.Empty<RecordError>(),
            NumErrors = 0,
            StartedAt = startedAt,
            CompletedAt = clock.GetUtcNow(),
        });
    }
}
