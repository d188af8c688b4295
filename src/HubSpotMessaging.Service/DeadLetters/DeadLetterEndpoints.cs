using System.ComponentModel;
using System.Text.Json.Nodes;
using HubSpotMessaging.Service.Operators;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>The operators' API for dead letters. Reading reads the index alone; what is to be done is handed to whoever reads the queues.</summary>
internal static class DeadLetterEndpoints
{
    private const int LongestPage = 200;
    private const int MostIds = 1_000;
    private const int LongestReason = 500;

    public static void MapDeadLetters(this WebApplication app)
    {
        var api = app.MapGroup($"{OperatorEndpoints.Path}/dead-letters").WithTags("Dead letters").ProducesProblem(401).ProducesProblem(403).ProducesProblem(503);
        api.MapGet("/", ListAsync).WithName("listDeadLetters").WithSummary("Dead letters, the latest first, a page at a time.");
        api.MapGet("/groups", GroupsAsync).WithName("groupDeadLetters").WithSummary("How many dead letters there are of each command, category, property and workflow.");
        api.MapGet("/{id}", ReadAsync).WithName("readDeadLetter").WithSummary("One dead letter with headers and body.");
        api.MapPost("/replay", ReplayAsync).WithName("replayDeadLetters")
            .WithSummary("Sends dead letters again, behind what is urgent. 409 when HubSpot has something newer of them: confirm, if they are to be sent all the same.");
        api.MapPost("/correct", CorrectAsync).WithName("correctDeadLetters").WithSummary("Corrects dead letters and sends them again.");
        api.MapPost("/discard", DiscardAsync).WithName("discardDeadLetters").WithSummary("Throws dead letters away for good.");
        api.MapGet("/requests/{id}", ResultAsync).WithName("readRequest").WithSummary("How far a replay, correction or discarding is.");
    }

    private static async Task<Results<Ok<DeadLetterPage>, ProblemHttpResult>> ListAsync(
        [AsParameters] ListQuery query, HttpContext http, DeadLetterIndex index, OperatorTrail trail)
    {
        var filter = query.ToFilter();
        var limit = Math.Clamp(query.Limit ?? 50, 1, LongestPage);
        if (query.After is not null && !DeadLetterId.TryParse(query.After, out _))
            return TypedResults.Problem("after is the next of an earlier page.", statusCode: 400);

        var ids = await index.FindAsync(filter, query.After, limit + 1, newestFirst: true);
        var page = ids.Take(limit).ToList();
        var letters = await index.ReadAsync(page);
        if (query.Reveal == true)
        {
            await trail.WriteAsync(http, "Reveal", "a list", letters.Count);
            var contents = await index.ContentsAsync([.. letters.Select(letter => letter.Id.ToString())]);
            letters = [.. letters.Zip(contents, (letter, content) => content is null ? letter : Reveal(letter, content))];
        }

        return TypedResults.Ok(new DeadLetterPage(letters, ids.Count > limit ? page[^1] : null, await index.CountAsync(filter)));
    }

    private static async Task<Ok<IReadOnlyList<DeadLetterCount>>> GroupsAsync(DeadLetterIndex index) => TypedResults.Ok<IReadOnlyList<DeadLetterCount>>(
        [.. (await index.GroupsAsync()).Select(each => new DeadLetterCount(each.Id, each.Group.Command, each.Group.Category, each.Group.Properties, each.Group.Workflow, each.Count))]);

    private static async Task<Results<Ok<DeadLetterView>, NotFound>> ReadAsync(
        string id, HttpContext http, DeadLetterIndex index, OperatorTrail trail, [Description("Shows personal data, which the trail tells.")] bool reveal = false)
    {
        if (await index.ReadAsync([id]) is not [var letter] || await index.ContentsAsync([id]) is not [{ } content])
            return TypedResults.NotFound();

        if (!reveal)
        {
            var command = CommandBody.Parse(content.Body.Span);
            return TypedResults.Ok(new DeadLetterView(
                letter,
                content.Properties with { MessageId = PersonalData.InText(content.Properties.MessageId), CorrelationId = PersonalData.InText(content.Properties.CorrelationId) },
                content.Headers.ToDictionary(header => header.Key, header => MaskHeader(header.Value, command), StringComparer.Ordinal),
                PersonalData.InBody(content.Body)));
        }

        await trail.WriteAsync(http, "Reveal", id, 1);
        return TypedResults.Ok(new DeadLetterView(Reveal(letter, content), content.Properties, content.Headers, PersonalData.Revealed(content.Body)));
    }

    private static async Task<Results<Ok<DeadLetterResult>, Accepted<DeadLetterResult>, Conflict<StaleAnswer>, ProblemHttpResult>> ReplayAsync(
        ReplayRequest request, HttpContext http, DeadLetterDesk desk, CancellationToken cancellationToken) =>
        Refusal(request) is { } refusal ? refusal : await SendAsync("Replay", request, correction: null, http, desk, cancellationToken);

    private static async Task<Results<Ok<DeadLetterResult>, Accepted<DeadLetterResult>, Conflict<StaleAnswer>, ProblemHttpResult>> CorrectAsync(
        CorrectRequest request, HttpContext http, DeadLetterDesk desk, CancellationToken cancellationToken)
    {
        if (Refusal(request) is { } refusal)
            return refusal;
        if (request.Correction is not { } correction || correction.IsEmpty())
            return TypedResults.Problem("correction says what is to be changed.", statusCode: 400);
        if (correction.Body is not null && request.Ids is not { Count: 1 })
            return TypedResults.Problem("A whole new body is for a single dead letter.", statusCode: 400);
        return await SendAsync("Correct", request, correction, http, desk, cancellationToken);
    }

    private static async Task<Results<Ok<DeadLetterResult>, Accepted<DeadLetterResult>, ProblemHttpResult>> DiscardAsync(
        DiscardRequest request, HttpContext http, DeadLetterDesk desk, CancellationToken cancellationToken)
    {
        if (Refusal(request) is { } refusal)
            return refusal;
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > LongestReason)
            return TypedResults.Problem($"reason says why, in at most {LongestReason} characters.", statusCode: 400);
        if (!desk.IsOpen)
            return Closed();

        var result = await desk.HandInAsync(DeadLetterAction.Discard, request.ToSelection(), correction: null, http, "Discard", request.Reason, cancellationToken);
        return result.State == DeadLetterRequestState.Done ? TypedResults.Ok(result) : Later(result);
    }

    private static async Task<Results<Ok<DeadLetterResult>, NotFound>> ResultAsync(string id, DeadLetterRequests requests) =>
        await requests.ResultAsync(id) is { } result ? TypedResults.Ok(result) : TypedResults.NotFound();

    private static async Task<Results<Ok<DeadLetterResult>, Accepted<DeadLetterResult>, Conflict<StaleAnswer>, ProblemHttpResult>> SendAsync(
        string action, ReplayRequest request, Correction? correction, HttpContext http, DeadLetterDesk desk, CancellationToken cancellationToken)
    {
        if (!desk.IsOpen)
            return Closed();

        var selection = request.ToSelection();
        if (!request.Confirm && await desk.StaleAsync(selection, correction, cancellationToken) is { Count: > 0 } stale)
            return TypedResults.Conflict(new StaleAnswer(
                "HubSpot has something newer", "What is older is skipped when it is sent again. Send confirm: true if that is meant.", 409, stale.Count, stale.Examples));

        var result = await desk.HandInAsync(DeadLetterAction.Replay, selection, correction, http, action, correction is null ? null : Summary(correction), cancellationToken);
        return result.State == DeadLetterRequestState.Done ? TypedResults.Ok(result) : Later(result);
    }

    private static Accepted<DeadLetterResult> Later(DeadLetterResult result) => TypedResults.Accepted($"{OperatorEndpoints.Path}/dead-letters/requests/{result.Id}", result);

    private static ProblemHttpResult Closed() => TypedResults.Problem(
        "This service does not read dead letters (DeadLetters:Read), or its bus has none.", statusCode: 503, title: "Dead letters are not read");

    private static ProblemHttpResult? Refusal(SelectionRequest request)
    {
        var ways = new[] { request.Ids is not null, request.Filter?.IsEmpty() == false, request.All }.Count(way => way);
        return ways != 1 ? TypedResults.Problem("Exactly one of ids, filter and all says which dead letters are meant.", statusCode: 400)
            : request is { Ids: not null, UpTo: not null } ? TypedResults.Problem("upTo goes with filter or all.", statusCode: 400)
            : request.Ids is { Count: 0 or > MostIds } ? TypedResults.Problem($"ids has from 1 to {MostIds}; for more there is filter.", statusCode: 400)
            : null;
    }

    /// <summary>What is changed, without the values, which may tell of people.</summary>
    private static string Summary(Correction correction) => string.Join(", ", ((string?[])
    [
        correction.Email is null ? null : "email",
        .. correction.Properties?.Keys ?? [],
        .. correction.Tokens?.Keys ?? [],
        .. correction.Remove?.Select(name => $"without {name}") ?? [],
        correction.Workflow is null ? null : $"workflow {correction.Workflow}",
        correction.EventType is null ? null : $"event type {correction.EventType}",
        correction.Body is null ? null : "whole body",
        correction.TrueNow ? "true now" : null,
    ]).OfType<string>());

    private static DeadLetter Reveal(DeadLetter letter, DeadLetterContent content)
    {
        var body = CommandBody.Parse(content.Body.Span);
        return letter with { Key = DeadLetterParser.Key(content, body), Message = DeadLetterParser.Message(content), Contact = body?.Email, Workflow = body?.Workflow ?? letter.Workflow };
    }

    private static JsonNode? MaskHeader(JsonNode? value, CommandBody? command) => value switch
    {
        JsonValue text when text.TryGetValue<string>(out var content) => JsonValue.Create(PersonalData.InText(content, command)),
        JsonObject map => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, MaskHeader(entry.Value, command)))),
        JsonArray list => new JsonArray([.. list.Select(entry => MaskHeader(entry, command))]),
        _ => value?.DeepClone(),
    };

    /// <summary>What a list is asked for.</summary>
    internal sealed record ListQuery(
        [property: Description("The id of a group.")] string? Group,
        [property: Description("The command's type.")] string? Command,
        [property: Description("HubSpot's category, or one of the service's.")] string? Category,
        [property: Description("A property that something is wrong with.")] string? Property,
        [property: Description("The workflow.")] string? Workflow,
        [property: Description("The next of the page before.")] string? After,
        [property: Description("How many at most: 50 unless given, up to 200.")] int? Limit,
        [property: Description("Shows personal data, which the trail tells.")] bool? Reveal)
    {
        public DeadLetterFilter ToFilter() => new() { Group = Group, Command = Command, Category = Category, Property = Property, Workflow = Workflow };
    }
}

/// <summary>A page of dead letters.</summary>
/// <param name="Items">The dead letters.</param>
/// <param name="Next">Continues behind this page; null on the last one.</param>
/// <param name="Total">How many there are on all pages.</param>
internal sealed record DeadLetterPage(IReadOnlyList<DeadLetter> Items, string? Next, long Total);

/// <summary>A group, and how many dead letters are in it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Command">The command's type.</param>
/// <param name="Category">HubSpot's category, or one of the service's.</param>
/// <param name="Properties">The properties that something is wrong with.</param>
/// <param name="Workflow">The workflow.</param>
/// <param name="Count">How many.</param>
internal sealed record DeadLetterCount(string Id, string Command, string? Category, IReadOnlyList<string> Properties, string? Workflow, long Count);

/// <summary>A dead letter as a whole.</summary>
/// <param name="Letter">What the list tells of it.</param>
/// <param name="MessageProperties">The properties of the message.</param>
/// <param name="Headers">Its headers, but for the trace of the failure.</param>
/// <param name="Body">Its body.</param>
internal sealed record DeadLetterView(DeadLetter Letter, MessageProperties MessageProperties, IReadOnlyDictionary<string, JsonNode?> Headers, string Body);

/// <summary>Which dead letters are meant: exactly one of the three says it.</summary>
internal record SelectionRequest
{
    /// <summary>These.</summary>
    public IReadOnlyList<DeadLetterId>? Ids { get; init; }

    /// <summary>All of a group, or of a command, category, property, workflow.</summary>
    public DeadLetterFilter? Filter { get; init; }

    /// <summary>All.</summary>
    public bool All { get; init; }

    /// <summary>With <c>filter</c> or <c>all</c>: the newest that is meant, the first of the list. Without it those that there are when it is asked for.</summary>
    public DeadLetterId? UpTo { get; init; }

    public DeadLetterSelection ToSelection() => Ids is null ? new() { Filter = Filter ?? new(), UpTo = UpTo?.ToString() } : new() { Ids = Ids };
}

/// <summary>What is to be sent again.</summary>
internal record ReplayRequest : SelectionRequest
{
    /// <summary>Sends also what HubSpot has something newer of.</summary>
    public bool Confirm { get; init; }
}

/// <summary>What is to be corrected and sent again.</summary>
internal sealed record CorrectRequest : ReplayRequest
{
    /// <summary>What is to be changed.</summary>
    public Correction? Correction { get; init; }
}

/// <summary>What is to be thrown away.</summary>
internal sealed record DiscardRequest : SelectionRequest
{
    /// <summary>Why, for the trail.</summary>
    public string? Reason { get; init; }
}

/// <summary>Asks whether what is older is to be sent all the same.</summary>
/// <param name="Title">What is the matter.</param>
/// <param name="Detail">What can be done.</param>
/// <param name="Status">409.</param>
/// <param name="Count">How many dead letters are concerned.</param>
/// <param name="Outdated">The first of them, with the properties that would be skipped.</param>
internal sealed record StaleAnswer(string Title, string Detail, int Status, int Count, IReadOnlyList<StaleLetter> Outdated);
