using System.Text.Json.Serialization;

namespace HubSpotMessaging.Contracts;

/// <summary>
/// Creates the contact with this e-mail address, or updates it. Ends in <see cref="ContactSynced"/> or <see cref="CommandRejected"/>.
/// </summary>
public sealed record SyncContact : IHubSpotCommand
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

    /// <summary>The contact's identity. Surrounding white space and letter case do not matter.</summary>
    public required string Email { get; init; }

    /// <summary>
    /// HubSpot's internal property names and the values to write; null or an empty string clears a property. In JSON, numbers and
    /// booleans are accepted too. Properties that are not named stay as they are. An <c>email</c> among them must agree with
    /// <see cref="Email"/>.
    /// </summary>
    [JsonConverter(typeof(ScalarMapConverter))]
    public IReadOnlyDictionary<string, string?> Properties { get; init => field = value ?? Empty; } = Empty;

    private static IReadOnlyDictionary<string, string?> Empty { get; } = new Dictionary<string, string?>();

    /// <inheritdoc />
    public IReadOnlyList<CommandError> Validate() => CommandRules.For(this);
}
