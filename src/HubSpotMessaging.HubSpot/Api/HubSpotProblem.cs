using System.Text.Json.Serialization;

namespace HubSpotMessaging.HubSpot.Api;

/// <summary>
/// What HubSpot says when it does not do what it is asked, for a whole call or for one record of a batch. HubSpot's documentation
/// asks to treat every field as optional; only <see cref="Message"/> is always filled.
/// </summary>
[JsonConverter(typeof(HubSpotProblemConverter))]
public sealed record HubSpotProblem
{
    /// <summary>HubSpot's words, or ours when it had none. May name e-mail addresses: not for logs.</summary>
    public required string Message { get; init; }

    /// <summary>The HTTP status; null for a record of a batch, or when there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>HubSpot's category, such as <c>VALIDATION_ERROR</c>; of the token endpoint the RFC 6749 error.</summary>
    public string? Category { get; init; }

    /// <summary>HubSpot's finer category, in whichever form it came.</summary>
    public string? SubCategory { get; init; }

    /// <summary>HubSpot's id of this answer, which its support asks for.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>Which limit a 429 is about: <c>TEN_SECONDLY_ROLLING</c>, <c>SECONDLY</c>, <c>DAILY</c>.</summary>
    public string? PolicyName { get; init; }

    /// <summary>How long HubSpot asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What is wrong with single properties.</summary>
    public IReadOnlyList<PropertyProblem> Errors { get; init; } = [];

    /// <summary>HubSpot's context, such as <c>objectWriteTraceId</c>, <c>ids</c> or <c>existingId</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Context { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The values of the context under a name; none when HubSpot did not give it.</summary>
    public IReadOnlyList<string> ContextValues(string name) => Context.TryGetValue(name, out var values) ? values : [];

    /// <summary>The ids of the records that it is about, as far as HubSpot named them.</summary>
    internal IEnumerable<string> NamedIds() => ContextValues("ids").Concat(ContextValues("id"));
}

/// <summary>What is wrong with one property.</summary>
/// <param name="Property">HubSpot's internal name of the property, where it said so.</param>
/// <param name="Code">HubSpot's code, such as <c>PROPERTY_DOESNT_EXIST</c>.</param>
/// <param name="Message">HubSpot's words.</param>
public sealed record PropertyProblem(string? Property, string? Code, string Message);
