using System.Runtime.InteropServices;
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

    /// <summary>The longest value of a contact property, in characters (HubSpot's limit for text).</summary>
    internal const int MaximumPropertyLength = 65_536;

    /// <summary>The longest value of a token, in bytes of UTF-8: 510 KB (HubSpot's usage guidelines).</summary>
    internal const int MaximumTokenBytes = 510 * 1024;

    /// <summary>The longest event, in bytes of UTF-8: 1 MB (HubSpot's usage guidelines).</summary>
    internal const int MaximumEventBytes = 1024 * 1024;

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
        .. EventSize(command),
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
            if (value?.Length > MaximumPropertyLength)
                yield return new(Short(name), TooLong, $"The property has {value.Length} characters; HubSpot takes at most {MaximumPropertyLength}.");

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
        let error = TokenError(token.Key, token.Value)
        where error is not null
        select error;

    private static CommandError? TokenError(string name, string? value)
    {
        if (string.IsNullOrWhiteSpace(name) || value is null)
            return new($"tokens.{Short(name)}", Invalid, "A token needs a name and a value that is not null.");
        return Encoding.UTF8.GetByteCount(value) > MaximumTokenBytes
            ? new($"tokens.{Short(name)}", TooLong, $"The token has {Encoding.UTF8.GetByteCount(value)} bytes; HubSpot takes at most {MaximumTokenBytes}.")
            : null;
    }

    private static IEnumerable<CommandError> EventSize(PostTimelineEvent command)
    {
        var bytes = command.Tokens.Sum(token => (long)Encoding.UTF8.GetByteCount(token.Key) + Encoding.UTF8.GetByteCount(token.Value ?? ""));
        if (command.ExtraData is { ValueKind: JsonValueKind.Object } extraData)
            bytes += CompactBytes(extraData);
        if (bytes > MaximumEventBytes)
            yield return new(null, TooLong, $"The tokens and extraData have {bytes} bytes; HubSpot takes events of at most {MaximumEventBytes}.");
    }

    /// <summary>Without the white space between its parts, which is not sent.</summary>
    private static long CompactBytes(JsonElement json)
    {
        var (bytes, isText, isEscaped) = (0L, false, false);
        foreach (var each in JsonMarshal.GetRawUtf8Value(json))
        {
            if (isText || each is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                bytes++;
            isText ^= each == '"' && !isEscaped;
            isEscaped = each == '\\' && !isEscaped;
        }

        return bytes;
    }

    /// <summary>A name that is quoted in an error, which is to stay short.</summary>
    private static string Short(string name) => name.Length > 100 ? name[..100] : name;

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
