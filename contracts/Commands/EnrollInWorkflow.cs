using System.Text.Json.Serialization;

namespace HubSpotMessaging.Contracts;

/// <summary>
/// Enrols an existing contact in a workflow. Enrolling twice may send a customer two mails, so this command needs a
/// <see cref="CommandId"/> or a message id. Ends in <see cref="ContactEnrolledInWorkflow"/> or <see cref="CommandRejected"/>.
/// </summary>
public sealed record EnrollInWorkflow : IHubSpotCommand
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

    /// <summary>The contact's e-mail address. Surrounding white space and letter case do not matter.</summary>
    public required string Email { get; init; }

    /// <summary>
    /// The workflow: the id that HubSpot's enrolment API takes (<c>1001</c>), the flow id of the builder's address with a prefix
    /// (<c>flow:585051946</c>), or a name that the service's configuration knows under <c>HubSpot:Workflows</c>.
    /// </summary>
    [JsonConverter(typeof(IdConverter))]
    public required string Workflow { get; init; }

    /// <summary>Contact properties to write before the enrolment, as in <see cref="SyncContact.Properties"/>; this also creates the
    /// contact where it is missing.</summary>
    [JsonConverter(typeof(ScalarMapConverter))]
    public IReadOnlyDictionary<string, string?>? Properties { get; init; }

    /// <inheritdoc />
    public IReadOnlyList<CommandError> Validate() => CommandRules.For(this);
}
