using System.Text.Json;
using System.Text.Json.Serialization;

namespace HubSpotMessaging.Contracts;

/// <summary>
/// Puts an event on a contact's timeline, at <see cref="OccurredAt"/>. The idempotency key is the event's id at HubSpot, so this
/// command needs a <see cref="CommandId"/> or a message id. Ends in <see cref="TimelineEventPosted"/> or
/// <see cref="CommandRejected"/>.
/// </summary>
public sealed record PostTimelineEvent : IHubSpotCommand
{
    /// <inheritdoc />
    [JsonConverter(typeof(IdConverter))]
    public string? CommandId { get; init; }

    /// <inheritdoc />
    [JsonConverter(typeof(MomentConverter))]
    public DateTimeOffset? OccurredAt { get; init; }

    /// <inheritdoc />
    [JsonConverter(typeof(MomentConverter))]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The id of the event template at HubSpot; for app events the event type's name.</summary>
    [JsonConverter(typeof(IdConverter))]
    public required string EventType { get; init; }

    /// <summary>The contact's e-mail address; HubSpot creates the contact where it is missing. Exactly one of this,
    /// <see cref="ObjectId"/> and <see cref="Utk"/> is given.</summary>
    public string? Email { get; init; }

    /// <summary>The contact's record id at HubSpot.</summary>
    [JsonConverter(typeof(IdConverter))]
    public string? ObjectId { get; init; }

    /// <summary>The visitor's token of HubSpot's tracking cookie, <c>hubspotutk</c>.</summary>
    public string? Utk { get; init; }

    /// <summary>The values of the event template's tokens. In JSON, numbers and booleans are accepted too.</summary>
    [JsonConverter(typeof(ScalarMapConverter))]
    public IReadOnlyDictionary<string, string?> Tokens { get; init => field = value ?? Empty; } = Empty;

    /// <summary>A JSON object for the event's detail template.</summary>
    public JsonElement? ExtraData { get; init; }

    /// <summary>A page that HubSpot shows in a frame when the event is opened.</summary>
    public TimelineIFrame? TimelineIFrame { get; init; }

    private static IReadOnlyDictionary<string, string?> Empty { get; } = new Dictionary<string, string?>();

    /// <inheritdoc />
    public IReadOnlyList<CommandError> Validate() => CommandRules.For(this);
}

/// <summary>A page shown in a frame from a timeline event. The names are HubSpot's.</summary>
public sealed record TimelineIFrame
{
    /// <summary>The text of the link that opens the frame.</summary>
    public required string LinkLabel { get; init; }

    /// <summary>The title of the frame.</summary>
    public required string HeaderLabel { get; init; }

    /// <summary>The address of the page.</summary>
    public required string Url { get; init; }

    /// <summary>Width of the frame in pixels.</summary>
    public int Width { get; init; }

    /// <summary>Height of the frame in pixels.</summary>
    public int Height { get; init; }
}
