using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using HubSpotMessaging.Emulator.Control;

namespace HubSpotMessaging.Emulator;

/// <summary>Something that goes wrong with the calls it matches.</summary>
public sealed record Fault
{
    /// <summary>What goes wrong.</summary>
    [JsonRequired]
    public FaultKind Kind { get; init; }

    /// <summary>Which calls it strikes; without it, all but those to <c>/emulator</c>.</summary>
    public FaultMatch? Match { get; init; }

    /// <summary>How many calls it strikes; null, the default, until it is removed.</summary>
    [Range(0, int.MaxValue)]
    public int? Times { get; init; }

    /// <summary>How many matching calls it lets through first. Default 0.</summary>
    [Range(0, int.MaxValue)]
    public int Skip { get; init; }

    /// <summary>The status of <see cref="FaultKind.Status"/> (default 500) and <see cref="FaultKind.Html"/> (default 502).</summary>
    [Range(200, 599)]
    public int? Status { get; init; }

    /// <summary>
    /// The <c>Retry-After</c> header in seconds. Absent unless given, but for 477 (60) and for 429 of the OAuth endpoints (1).
    /// </summary>
    [Range(0, int.MaxValue)]
    public int? RetryAfter { get; init; }

    /// <summary>The policy of <see cref="FaultKind.RateLimited"/>. Default <c>TEN_SECONDLY_ROLLING</c>; the OAuth endpoints name none.</summary>
    public string? PolicyName { get; init; }

    /// <summary>How long <see cref="FaultKind.Latency"/> lasts, in milliseconds. Default 1000.</summary>
    [Range(0, int.MaxValue)]
    public int? Milliseconds { get; init; }

    /// <summary>The message in the body of <see cref="FaultKind.Status"/>.</summary>
    public string? Message { get; init; }

    /// <summary>The category in the body of <see cref="FaultKind.Status"/>.</summary>
    public string? Category { get; init; }

    /// <summary>The whole JSON body of <see cref="FaultKind.Status"/>, instead of one made of message and category.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>Reads what <c>POST /emulator/faults</c> takes.</summary>
    /// <param name="json">A JSON object.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="FormatException">It is none; the message says what is wrong.</exception>
    public static Fault Parse(string json) => ControlJson.Parse<Fault>(json);

    /// <summary>Whether it comes before whatever decides the call.</summary>
    internal bool IsDelay => Kind is FaultKind.Latency or FaultKind.Hold;

    /// <summary>Whether the call is carried out as if nothing were wrong, and only its answer suffers.</summary>
    internal bool SpoilsAnswer => Kind is FaultKind.HoldAnswer or FaultKind.AnswerLost or FaultKind.Truncated;
}

/// <summary>Which calls a fault strikes: those that agree with everything that is given.</summary>
public sealed record FaultMatch
{
    /// <summary>The HTTP method.</summary>
    public string? Method { get; init; }

    /// <summary>The path as it was sent (percent-encoded), without its query; <c>*</c> stands for any run of characters.</summary>
    public string? Path { get; init; }

    /// <summary>A piece of the request's body, as it is on the wire.</summary>
    public string? BodyContains { get; init; }

    /// <summary>The portal of the access token.</summary>
    public long? PortalId { get; init; }
}

/// <summary>What can go wrong.</summary>
public enum FaultKind
{
    /// <summary>429 with HubSpot's body for the policy.</summary>
    RateLimited,

    /// <summary>423: the record is locked for two seconds.</summary>
    Locked,

    /// <summary>477: the account moves to another data centre.</summary>
    PortalMigrating,

    /// <summary>Any status, with a JSON body.</summary>
    Status,

    /// <summary>A status with the HTML of a proxy at HubSpot's edge.</summary>
    Html,

    /// <summary>401: the token expired, whatever it is.</summary>
    Unauthorized,

    /// <summary>Time passes before the request is looked at. It lands even if the caller hung up meanwhile.</summary>
    Latency,

    /// <summary>
    /// The request waits until the fault is removed, and then lands, even if the caller hung up meanwhile. A reset of the emulator
    /// cuts it off. So does <see cref="Reset"/>, if it is added while the request waits and before this one is removed. What is cut
    /// off is not carried out.
    /// </summary>
    Hold,

    /// <summary>
    /// The request is carried out and its answer held back until the fault is removed. If the caller hangs up meanwhile, that is the
    /// end of it; a reset of the emulator cuts it off.
    /// </summary>
    HoldAnswer,

    /// <summary>The connection is cut before anything is done.</summary>
    Reset,

    /// <summary>The request is carried out and the connection cut instead of an answer.</summary>
    AnswerLost,

    /// <summary>The request is carried out and the connection cut in the middle of the answer.</summary>
    Truncated,

    /// <summary>200 without anything done: an empty body or, for a batch, neither results nor errors.</summary>
    EmptySuccess,

    /// <summary>409 for a whole batch.</summary>
    BatchConflict,
}
