using System.Globalization;
using System.Net;
using HubSpotMessaging.HubSpot.Api;

namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>What became of a slot's request, and what HubSpot's answer tells about the quota: here a 429 is read.</summary>
/// <param name="Use">What became of it.</param>
/// <param name="Took">How long ago it was sent.</param>
internal sealed record SlotEnd(SlotUse Use, TimeSpan Took)
{
    private const string Max = "X-HubSpot-RateLimit-Max";
    private const string Interval = "X-HubSpot-RateLimit-Interval-Milliseconds";
    private const string Left = "X-HubSpot-RateLimit-Remaining";

    /// <summary>Its request was not sent.</summary>
    public static SlotEnd Unsent { get; } = new(SlotUse.Unsent, TimeSpan.Zero);

    /// <summary>The account's limit, if HubSpot told it.</summary>
    public RateLimit? Limit { get; init; }

    /// <summary>How much of it was left, if HubSpot told it.</summary>
    public int? Remaining { get; init; }

    /// <summary>For how long HubSpot wants no requests.</summary>
    public TimeSpan? Hold { get; init; }

    /// <summary>Whether HubSpot said that the window is full.</summary>
    public bool IsFull { get; init; }

    /// <summary>What an answer tells. Its body must be there already.</summary>
    /// <remarks>
    /// <see href="https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines"/>: a request that is refused with 429
    /// does not count. Not every answer has the headers.
    /// </remarks>
    public static async Task<SlotEnd> OfAsync(HttpResponseMessage response, TimeSpan took, AnswerClassifier classifier)
    {
        var told = new SlotEnd(SlotUse.Answered, took)
        {
            Limit = Number(response, Max) is > 0 and var max && Number(response, Interval) is > 0 and var interval
                ? new(max, TimeSpan.FromMilliseconds(interval))
                : null,
            Remaining = Number(response, Left),
        };
        if (response.StatusCode != HttpStatusCode.TooManyRequests)
            return told;

        told = told with { Use = SlotUse.Refused };
        var retryAfter = classifier.RetryAfter(response.Headers.RetryAfter);
        var policy = AnswerClassifier.ReadBody(await response.Content.ReadAsStringAsync())?.PolicyName;
        return policy?.ToUpperInvariant() switch
        {
            "DAILY" => told, // The line's.
            "SECONDLY" => told with { Hold = retryAfter ?? TimeSpan.FromSeconds(1) },
            _ => told with { Hold = retryAfter, IsFull = true },
        };
    }

    private static int? Number(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values)
        && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}

/// <summary>How many requests HubSpot allows in a rolling window.</summary>
internal sealed record RateLimit(int Max, TimeSpan Window);

/// <summary>What became of a slot's request.</summary>
internal enum SlotUse
{
    /// <summary>It was not sent.</summary>
    Unsent,

    /// <summary>HubSpot answered.</summary>
    Answered,

    /// <summary>HubSpot refused it as one too many: it does not count.</summary>
    Refused,

    /// <summary>No answer came, and it may still arrive.</summary>
    Unanswered,
}
