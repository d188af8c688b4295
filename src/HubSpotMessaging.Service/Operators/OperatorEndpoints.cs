using System.ComponentModel;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.Service.DeadLetters;
using HubSpotMessaging.Service.Operators.Status;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HubSpotMessaging.Service.Operators;

/// <summary>The operators' API: how everything stands, pausing and resuming, what was done, and the way out.</summary>
internal static class OperatorEndpoints
{
    /// <summary>Where the API is.</summary>
    public const string Path = "/api/operator";

    private const int LongestNote = 500;
    private const int LongestTrail = 1_000;

    private static readonly string[] Commands = [nameof(SyncContact), nameof(EnrollInWorkflow), nameof(PostTimelineEvent)];

    public static void MapOperatorApi(this WebApplication app)
    {
        app.UseWhen(http => http.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase), branch => branch.UseMiddleware<OperatorGate>());
        app.MapOpenApi($"{Path}/openapi.json");

        var api = app.MapGroup(Path).WithTags("Service").ProducesProblem(401).ProducesProblem(403).ProducesProblem(503);
        api.MapGet("/status", async (StatusReader reader) => TypedResults.Ok(await reader.ReadAsync()))
            .WithName("status").WithSummary("How everything stands: connection, line, queues, quota, and how commands ended in the last hour.");
        api.MapGet("/live", (HttpContext http, LiveStatus live) => live.Follow(http))
            .WithName("live").WithSummary("The same as server-sent events: at once, whenever it changes, and every 15 seconds. Event trouble tells that it cannot be seen.");
        api.MapPost("/pause", PauseAsync).WithName("pause").WithSummary("Lets commands wait, all or those of one type, until an operator resumes them.");
        api.MapPost("/resume", ResumeAsync).WithName("resume")
            .WithSummary("Ends what operators have paused, and pauses for a rejection that came again and again. Every other reason goes its own way.");
        api.MapGet("/trail", TrailAsync).WithName("trail").WithSummary("What operators have done, the latest first.");
        api.MapPost("/revoke", RevokeAsync).WithName("revoke").WithSummary("Gives the grant back to HubSpot and forgets the tokens. Commands wait until somebody connects the service again.");
        app.MapDeadLetters();
    }

    private static async Task<Results<Ok<IReadOnlyList<PauseReason>>, ProblemHttpResult>> PauseAsync(
        PauseRequest request, HttpContext http, LineStore line, OperatorTrail trail)
    {
        if (Problem(request.Command) is { } problem)
            return problem;
        if (request.Note?.Length > LongestNote)
            return TypedResults.Problem($"A note has at most {LongestNote} characters.", statusCode: 400);

        await trail.WriteAsync(http, "Pause", string.Join(": ", new[] { request.Command ?? "everything", request.Note }.OfType<string>()));
        await line.PauseAsync(OperatorReasons.Pause(request.Command, request.Note));
        return TypedResults.Ok(await line.ReadAsync());
    }

    private static async Task<Results<Ok<IReadOnlyList<PauseReason>>, ProblemHttpResult>> ResumeAsync(
        ResumeRequest request, HttpContext http, LineStore line, OperatorTrail trail)
    {
        if (Problem(request.Command) is { } problem)
            return problem;
        if (request.Reason?.Length > LongestNote)
            return TypedResults.Problem("reason is one of those that the status tells.", statusCode: 400);

        var ended = (await line.ReadAsync()).Where(reason => OperatorReasons.EndsWith(reason) && request.Means(reason)).ToList();
        await trail.WriteAsync(http, "Resume", request.ToString(), ended.Count);
        foreach (var reason in ended)
            await line.ResumeAsync(reason);
        return TypedResults.Ok(await line.ReadAsync());
    }

    private static async Task<Ok<IReadOnlyList<TrailEntry>>> TrailAsync(OperatorTrail trail, [Description("How many at most.")] int count = 100) =>
        TypedResults.Ok(await trail.ReadAsync(Math.Clamp(count, 1, LongestTrail)));

    private static async Task<Results<Ok<RevokeAnswer>, ProblemHttpResult>> RevokeAsync(HttpContext http, TokenKeeper tokens, OperatorTrail trail)
    {
        await trail.WriteAsync(http, "Revoke");
        return await tokens.DisconnectAsync() switch
        {
            DisconnectResult.Done => TypedResults.Ok(new RevokeAnswer(WasConnected: true)),
            DisconnectResult.NotConfirmed { Problem: var problem } => TypedResults.Problem(
                $"HubSpot says: {problem.Message} Nothing has changed; try again in a moment.", statusCode: 502, title: "HubSpot did not confirm it"),
            _ => TypedResults.Ok(new RevokeAnswer(WasConnected: false)),
        };
    }

    private static ProblemHttpResult? Problem(string? command) => command is null || Commands.Contains(command)
        ? null
        : TypedResults.Problem($"There is no command {command}: {string.Join(", ", Commands)}.", statusCode: 400);
}

/// <summary>What is to be paused.</summary>
/// <param name="Command">The type of command; without it everything.</param>
/// <param name="Note">Why, for other operators: neither secrets nor personal data.</param>
internal sealed record PauseRequest(string? Command = null, string? Note = null);

/// <summary>What is to be resumed.</summary>
/// <param name="Command">The type of command; without it everything that operators may resume.</param>
/// <param name="Reason">The one reason that is to end, as the status tells it: that for the command, or without a command that for all of them.</param>
internal sealed record ResumeRequest(string? Command = null, string? Reason = null)
{
    public bool Means(PauseReason reason) => Reason is null ? Command is null || reason.Scope == Command : reason.Reason == Reason && reason.Scope == Command;

    /// <summary>For the trail.</summary>
    public override string ToString() => string.Join(": ", new[] { Command ?? "everything", Reason }.OfType<string>());
}

/// <summary>What became of it.</summary>
/// <param name="WasConnected">Whether there was anything to take back.</param>
internal sealed record RevokeAnswer(bool WasConnected);

/// <summary>The line's reasons that are an operator's to end.</summary>
internal static class OperatorReasons
{
    private const string Owner = "operator";

    /// <summary>An operator wants it so.</summary>
    public static PauseReason Pause(string? command, string? note) => new(Owner, "Operator", command) { Detail = string.IsNullOrWhiteSpace(note) ? null : note.Trim() };

    /// <summary>Whether it ends when an operator says so.</summary>
    public static bool EndsWith(PauseReason reason) => reason.Owner is Owner or RejectionTally.Owner;
}
