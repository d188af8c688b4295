using System.Text.Json.Serialization;

namespace HubSpotMessaging.Emulator.Wire;

/// <summary>The body of a batch: what was done and, in a 207, what was not.</summary>
internal sealed record BatchAnswer<T>(
    IReadOnlyList<T> Results,
    [property: JsonIgnore] IReadOnlyList<RecordError> Failures,
    DateTimeOffset StartedAt,
    DateTimeOffset CompletedAt)
{
    [JsonPropertyOrder(-1)]
    public string Status { get; } = "COMPLETE";

    public int? NumErrors { get; } = Failures.Count == 0 ? null : Failures.Count;

    public IReadOnlyList<RecordError>? Errors { get; } = Failures.Count == 0 ? null : Failures;

    public IResult ToResult(int successStatus) =>
        TypedResults.Json(this, statusCode: Failures.Count == 0 ? successStatus : StatusCodes.Status207MultiStatus);
}

/// <summary>One entry of a 207's <c>errors</c>. It has no correlation id, and its details stand in the message alone.</summary>
internal sealed record RecordError(string Category, string Message)
{
    [JsonPropertyOrder(-1)]
    public string Status { get; } = "error";

    public string? SubCategory { get; init; }
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Context { get; init; }

    public RefusedException ToRefusal(int statusCode) => new(statusCode, new ErrorBody(Message) { Category = Category, Context = Context });
}
