using System.Text;
using System.Text.Json;
using static HubSpotMessaging.Contracts.CommandErrorCodes;

namespace HubSpotMessaging.Contracts;

/// <summary>The validation rules of every command.</summary>
internal static class CommandRules
{
    /// <summary>The longest <see cref="IHubSpotCommand.CommandId"/>, in characters.</summary>
    internal const int MaximumCommandIdLength = 200;

    /// <summary>The longest id of a timeline event, in bytes of UTF-8 (HubSpot's usage guidelines).</summary>
    internal const int MaximumEventIdBytes = 500;

    public static IReadOnlyList<CommandError> For(SyncContact command) =>
    [
        .. CommandId(command),
        .. Email(command.Email),
        .. Properties(command.Properties, command.Email),
    ];

    public static IReadOnlyList<CommandError> For(EnrollInWorkflow command) =>
    [
        .. CommandId(command),
        .. Email(command.Email),
        .. NotBlank("workflow", command.Workflow),
        .. command.Properties is null ? [] : Properties(command.Properties, command.Email),
    ];

    public static IReadOnlyList<CommandError> For(PostTimelineEvent command) =>
    [
        .. CommandId(command),
        .. EventId(command.CommandId),
        .. NotBlank("eventType", command.EventType),
        .. OneIdentity(command),
        .. string.IsNullOrWhiteSpace(command.Email) ? [] : Email(command.Email),
        .. Tokens(command.Tokens),
        .. command.ExtraData is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) }
            ? [new CommandError("extraData", Invalid, "extraData must be a JSON object.")] : Array.Empty<CommandError>(),
        .. command.TimelineIFrame is null ? [] : Frame(command.TimelineIFrame),
    ];

    private static IEnumerable<CommandError> CommandId(IHubSpotCommand command)
    {
        if (command.CommandId is not { } id)
            yield break;
        if (string.IsNullOrWhiteSpace(id))
            yield return new("commandId", Invalid, "commandId is blank; leave it out or give it a value.");
        if (id.Length > MaximumCommandIdLength)
            yield return new("commandId", TooLong, $"commandId has {id.Length} characters; at most {MaximumCommandIdLength} are allowed.");
    }

    private static IEnumerable<CommandError> EventId(string? id)
    {
        if (id is not null && Encoding.UTF8.GetByteCount(id) > MaximumEventIdBytes)
            yield return new("commandId", TooLong, $"commandId is the event's id at HubSpot, which takes at most {MaximumEventIdBytes} bytes.");
        if (id?.Contains("{{", StringComparison.Ordinal) == true)
            yield return new("commandId", Invalid, "commandId is the event's id at HubSpot, which would replace {{...}} in it.");
    }

    private static IEnumerable<CommandError> Email(string? email)
    {
        if (string.IsNullOrWhiteSpace(email))
            yield return Missing("email");
        else if (!EmailAddress.IsPlausible(email))
            yield return new("email", Invalid, "email is not an e-mail address.");
    }

    private static IEnumerable<CommandError> Properties(IReadOnlyDictionary<string, string?> properties, string? email)
    {
        foreach (var (name, value) in properties)
        {
            if (string.IsNullOrWhiteSpace(name))
                yield return new("properties", Invalid, "A property has no name.");

            var contradicts = name.Equals("email", StringComparison.OrdinalIgnoreCase)
                && email is not null
                && EmailAddress.Normalize(value ?? "") != EmailAddress.Normalize(email);
            if (contradicts)
                yield return new(name, Conflicting, "The email among the properties is not the email of the command.");
        }
    }

    private static IEnumerable<CommandError> OneIdentity(PostTimelineEvent command)
    {
        var given = new[] { command.Email, command.ObjectId, command.Utk }.Count(value => !string.IsNullOrWhiteSpace(value));
        if (given != 1)
            yield return new(null, given == 0 ? Required : Conflicting, "Exactly one of email, objectId and utk names the contact.");
    }

    private static IEnumerable<CommandError> Tokens(IReadOnlyDictionary<string, string?> tokens) =>
        from token in tokens
        where string.IsNullOrWhiteSpace(token.Key) || token.Value is null
        select new CommandError($"tokens.{token.Key}", Invalid, "A token needs a name and a value that is not null.");

    private static IEnumerable<CommandError> Frame(TimelineIFrame frame)
    {
        foreach (var error in NotBlank("timelineIFrame.linkLabel", frame.LinkLabel))
            yield return error;
        foreach (var error in NotBlank("timelineIFrame.headerLabel", frame.HeaderLabel))
            yield return error;
        if (!Uri.TryCreate(frame.Url, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            yield return new("timelineIFrame.url", Invalid, "timelineIFrame.url must be an absolute http(s) address.");
        if (frame.Width <= 0 || frame.Height <= 0)
            yield return new("timelineIFrame", Invalid, "timelineIFrame needs a width and a height in pixels above zero.");
    }

    private static IEnumerable<CommandError> NotBlank(string field, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
            yield return Missing(field);
    }

    private static CommandError Missing(string field) => new(field, Required, $"{field} is missing.");
}
