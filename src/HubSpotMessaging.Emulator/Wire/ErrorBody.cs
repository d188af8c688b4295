using System.Text.Json.Serialization;

namespace HubSpotMessaging.Emulator.Wire;

/// <summary>The error body of every API family but OAuth; whatever is not set is absent.</summary>
internal sealed record ErrorBody(string Message)
{
    [JsonPropertyOrder(-1)]
    public string Status { get; init; } = "error";

    public string? CorrelationId { get; init; }
    public string? Category { get; init; }
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Context { get; init; }
    public IReadOnlyList<ErrorDetail>? Errors { get; init; }
    public IReadOnlyDictionary<string, string>? Links { get; init; }
    public string? ErrorType { get; init; }
    public string? PolicyName { get; init; }
    public string? GroupName { get; init; }
    public string? RequestId { get; init; }

    public static ErrorBody Validation(string message) => new(message) { Category = Categories.ValidationError };

    public static ErrorBody NotFound(string message) => new(message) { Category = Categories.ObjectNotFound };
}

internal sealed record ErrorDetail(string Message)
{
    public string? Code { get; init; }
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Context { get; init; }
}

internal static class Categories
{
    public const string ValidationError = "VALIDATION_ERROR";
    public const string Conflict = "CONFLICT";
    public const string ObjectNotFound = "OBJECT_NOT_FOUND";
    public const string MissingScopes = "MISSING_SCOPES";
    public const string ExpiredAuthentication = "EXPIRED_AUTHENTICATION";
    public const string InvalidAuthentication = "INVALID_AUTHENTICATION";
}

internal static class ErrorContext
{
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> None { get; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Of(string key, params IReadOnlyList<string> values) =>
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { [key] = values };
}
