using System.Text.Json.Serialization;

namespace HubSpotMessaging.Contracts;

/// <summary>A <see cref="SyncContact"/> did its work.</summary>
public sealed record ContactSynced : ICommandOutcome
{
    /// <inheritdoc />
    public string? CommandId { get; init; }

    /// <inheritdoc />
    public Guid? MessageId { get; init; }

    /// <inheritdoc />
    public long? PortalId { get; init; }

    /// <inheritdoc />
    public DateTimeOffset OccurredAt { get; init; }

    /// <summary>The contact's e-mail address, trimmed and lower-cased.</summary>
    public required string Email { get; init; }

    /// <summary>The contact's record id at HubSpot.</summary>
    public required string ContactId { get; init; }

    /// <summary>What came of it.</summary>
    public ContactSyncResult Result { get; init; }

    /// <summary>The properties that were not written because HubSpot already has something newer.</summary>
    public IReadOnlyList<string> SkippedProperties { get; init; } = [];
}

/// <summary>What came of a <see cref="SyncContact"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ContactSyncResult>))]
public enum ContactSyncResult
{
    /// <summary>The contact was not there and is now.</summary>
    Created,

    /// <summary>The contact was there and has been updated.</summary>
    Updated,

    /// <summary>Everything in the command was older than what HubSpot has: nothing was written.</summary>
    Superseded,
}
