using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Quota;
using Refit;

namespace HubSpotMessaging.HubSpot.Api;

/// <summary>
/// The one place that turns whatever comes back from HubSpot, from a 207 to an edge proxy's HTML page or nothing at all, into an
/// <see cref="Answer{T}"/>.
/// </summary>
public sealed class AnswerClassifier(TimeProvider time)
{
    /// <summary>HubSpot's longest announced wait is that of a migrating portal: up to a day.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(24);

    /// <summary>Classifies the answer of a call that has a body.</summary>
    public Answer<T> Classify<T>(IApiResponse<T> response)
        where T : class
    {
        var kind = KindOf(response);
        if (kind is not (AnswerKind.Done or AnswerKind.Mixed))
            return Failure<T>(kind, response, Words(kind, response));

        return response.Error is null && response.Content is { } value
            ? Success(kind, value, response)
            : Failure<T>(AnswerKind.Unreadable, response, "HubSpot's answer was empty or could not be read.");
    }

    /// <summary>Classifies the answer of a call that has no body: done is one status, and any other success tells nothing.</summary>
    public Answer<NoContent> Classify(IApiResponse response, HttpStatusCode done = HttpStatusCode.NoContent)
    {
        var kind = KindOf(response);
        if (kind is not (AnswerKind.Done or AnswerKind.Mixed))
            return Failure<NoContent>(kind, response, Words(kind, response));

        return response.StatusCode == done
            ? Success(kind, NoContent.Value, response)
            : Failure<NoContent>(AnswerKind.Unreadable, response, $"HubSpot answered with status {(int?)response.StatusCode}, which tells nothing.");
    }

    private static Answer<T> Success<T>(AnswerKind kind, T value, IApiResponse response)
        where T : class =>
        new(kind, value, null, CorrelationIdOf(response.Headers));

    private Answer<T> Failure<T>(AnswerKind kind, IApiResponse response, string words)
        where T : class
    {
        var problem = Problem(response, words);
        return new(kind, null, problem, problem.CorrelationId);
    }

    private static AnswerKind KindOf(IApiResponse response)
    {
        if (!response.IsReceived)
            return KindOf(response.Error?.InnerException);

        return (int)response.StatusCode!.Value switch
        {
            207 => AnswerKind.Mixed,
            >= 200 and < 300 => AnswerKind.Done,
            401 => AnswerKind.Unauthorized,
            403 when ReadBody(response)?.Category == "MISSING_SCOPES" => AnswerKind.MissingScopes,
            423 => AnswerKind.Locked,
            429 => AnswerKind.RateLimited,
            477 => AnswerKind.PortalMigrating,
            < 400 or 408 or >= 500 => AnswerKind.Unavailable,
            413 or 414 or 431 => AnswerKind.Refused, // Too large, whoever says so.

            // A refusal in words that are not HubSpot's is that of something on the way, and says nothing about what was asked.
            _ when IsForeign(response) => AnswerKind.Unavailable,
            404 => AnswerKind.NotFound,
            409 => AnswerKind.Conflict,
            _ => AnswerKind.Refused,
        };
    }

    /// <summary>What it means that instead of an answer there is an exception.</summary>
    internal static AnswerKind KindOf(Exception? exception) => exception switch
    {
        AuthorizationUnavailableException => AnswerKind.Unauthorized,
        NotSentException => AnswerKind.Withheld,
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError
                or HttpRequestError.ProxyTunnelError
        } => AnswerKind.NotSent,
        TaskCanceledException { InnerException: TimeoutException } => AnswerKind.NotSent, // No connection in time.
        _ => AnswerKind.NoAnswer,
    };

    private HubSpotProblem Problem(IApiResponse response, string otherwise)
    {
        var problem = ReadBody(response) ?? new HubSpotProblem { Message = otherwise };
        return problem with
        {
            Status = (int?)response.StatusCode,
            CorrelationId = problem.CorrelationId ?? CorrelationIdOf(response.Headers),
            RetryAfter = RetryAfter(response.Headers?.RetryAfter),
        };
    }

    private static HubSpotProblem? ReadBody(IApiResponse response) => ReadBody((response.Error as ApiException)?.Content);

    /// <summary>What HubSpot says in the body of a refusal; null when it is not HubSpot's.</summary>
    internal static HubSpotProblem? ReadBody(string? content)
    {
        if (string.IsNullOrEmpty(content))
            return null;

        try
        {
            using var body = JsonDocument.Parse(content);
            return body.RootElement.ValueKind == JsonValueKind.Object ? HubSpotProblemConverter.Read(body.RootElement) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // The latter of half a surrogate pair.
        {
            return null; // Not HubSpot speaking but something on the way to it.
        }
    }

    private static bool IsForeign(IApiResponse response) =>
        response.Error is ApiException { Content: { } content } && !string.IsNullOrWhiteSpace(content) && ReadBody(response) is null;

    private static string Words(AnswerKind kind, IApiResponse response) => kind switch
    {
        AnswerKind.Withheld => response.Error!.InnerException!.Message,
        AnswerKind.NotSent => "HubSpot could not be reached.",
        AnswerKind.NoAnswer => "HubSpot did not answer.",
        AnswerKind.Unauthorized when !response.IsReceived => "There is no access token to ask HubSpot with.",
        _ => $"HubSpot answered with status {(int?)response.StatusCode} and no reason.",
    };

    /// <summary>HubSpot's id of an answer; null when it has none.</summary>
    internal static string? CorrelationIdOf(HttpResponseHeaders? headers) =>
        headers is not null && headers.TryGetValues("X-HubSpot-Correlation-Id", out var values) ? values.FirstOrDefault() : null;

    /// <summary>Seconds or a date (RFC 9110), never negative and never more than a day.</summary>
    internal TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var wait = header?.Delta ?? header?.Date - time.GetUtcNow();
        return wait is null ? null : TimeSpan.FromTicks(Math.Clamp(wait.Value.Ticks, 0, LongestWait.Ticks));
    }
}
