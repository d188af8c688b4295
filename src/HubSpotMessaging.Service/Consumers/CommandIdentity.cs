using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using MassTransit;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>What a command is known by, resolved once: which command it is, and since when what it says is true.</summary>
internal sealed record CommandIdentity
{
    /// <summary>Carries the idempotency key through waits, dead letters and replays.</summary>
    public const string KeyHeader = "hubspot-idempotency-key";

    /// <summary>Carries the moment through waits, dead letters and replays.</summary>
    public const string OccurredAtHeader = "hubspot-occurred-at";

    /// <summary>Carries it in place of <see cref="OccurredAtHeader"/> when it is only that of first receipt, so that it does not pass for more on the way.</summary>
    public const string ReceivedAtHeader = "hubspot-received-at";

    /// <summary>The media type of MassTransit's envelope, which says itself when it was sent.</summary>
    private const string Envelope = "application/vnd.masstransit+json";

    /// <summary>The longest key that is kept of a command that will be rejected for it: it goes into headers, which are short.</summary>
    public const int LongestKey = 200;

    /// <summary>The command's type, such as <c>SyncContact</c>.</summary>
    public required string CommandType { get; init; }

    /// <summary>The idempotency key: the publisher's command id, else the first message id. Null when there is neither.</summary>
    public required string? Key { get; init; }

    /// <summary>The message id, when it is a GUID: the first one, whichever a copy of it may have.</summary>
    public required Guid? MessageId { get; init; }

    /// <summary>When what the command says became true.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>
    /// Its place in the order of what is true of a contact. Without a key nothing can repeat it, so that any place among those of the same
    /// moment will do.
    /// </summary>
    public WriteVersion Version { get; init; }

    /// <summary>Whether nobody says since when it is true, so that <see cref="OccurredAt"/> is only when it was first received.</summary>
    public bool IsReceiptTime { get; init; }

    /// <summary>Since when it has been on its way, if that is known: when it was sent or first received, whatever it says of since when it is true.</summary>
    public DateTimeOffset? SentAt { get; private init; }

    /// <summary>What is wrong with the headers that carry the key and the moment, if anything.</summary>
    public CommandError? HeaderError { get; private init; }

    public static CommandIdentity Of<T>(ConsumeContext<T> context, TimeProvider time)
        where T : class, IHubSpotCommand
    {
        var messageId = context.GetOriginalMessageId() ?? context.MessageId;
        var key = context.Message.CommandId ?? context.HeaderText(KeyHeader) ?? messageId?.ToString("D");
        var errors = new List<CommandError>();
        if (KeyError(context, key) is { } keyError)
            errors.Add(keyError);
        var carried = Moment(context, OccurredAtHeader, errors);
        var received = Moment(context, ReceivedAtHeader, errors);

        // A copy may have been sent at a time of its own: what was only received once has never said when it was sent.
        var sentAt = received ?? SentTime(context);
        var known = context.Message.OccurredAt ?? carried ?? (received is null ? sentAt : null);
        var occurredAt = (known ?? received ?? time.GetUtcNow()).ToUniversalTime();
        var order = key ?? Guid.NewGuid().ToString("D");
        return new()
        {
            CommandType = typeof(T).Name,
            Key = key?.Length > LongestKey ? key[..LongestKey] : key,
            MessageId = messageId,
            OccurredAt = occurredAt,
            IsReceiptTime = known is null,
            Version = known is null ? WriteVersion.Received(occurredAt, order) : WriteVersion.Known(occurredAt, order),
            SentAt = sentAt,
            HeaderError = errors.FirstOrDefault(),
        };
    }

    /// <summary>What a copy must carry to be the same command.</summary>
    public IReadOnlyDictionary<string, string?> Headers => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        [KeyHeader] = Key,
        [IsReceiptTime ? ReceivedAtHeader : OccurredAtHeader] = OccurredAt.ToString("O"),
    };

    /// <summary>The message id of an outcome: the same when the same command comes to the same end again.</summary>
    public Guid OutcomeId<TOutcome>()
    {
        if (Key is null)
            return NewId.NextGuid();

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{typeof(TOutcome).Name}\n{CommandType}\n{Key}")).AsSpan(0, 16);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80); // Version 8 of RFC 9562: a name-based id of one's own.
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash, bigEndian: true);
    }

    /// <summary>
    /// When the publisher sent it. Of plain JSON only the AMQP timestamp tells: MassTransit's <c>SentTime</c> is then a date made
    /// out of the message id, and for an ordinary GUID any date at all.
    /// </summary>
    private static DateTimeOffset? SentTime(ConsumeContext context)
    {
        if (context.ReceiveContext.ContentType?.MediaType == Envelope)
            return context.SentTime is { } sent
                ? new DateTimeOffset(sent.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(sent, DateTimeKind.Utc) : sent)
                : null;

        return context.ReceiveContext.TryGetPayload<RabbitMqBasicConsumeContext>(out var delivery)
            && delivery.Properties.IsTimestampPresent()
            && delivery.Properties.Timestamp.UnixTime is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(delivery.Properties.Timestamp.UnixTime)
            : null;
    }

    /// <summary>A key that is cut, or the name of a type, would be that of other commands too.</summary>
    private static CommandError? KeyError<T>(ConsumeContext<T> context, string? key)
        where T : class, IHubSpotCommand
    {
        if (context.Message.CommandId is not null)
            return null;
        if (context.Header(KeyHeader) is not (null or IConvertible))
            return new(KeyHeader, CommandErrorCodes.Invalid, $"The header {KeyHeader} is no text.");
        return key?.Length > LongestKey
            ? new(KeyHeader, CommandErrorCodes.TooLong, $"The header {KeyHeader} has {key.Length} characters; at most {LongestKey} are allowed.")
            : null;
    }

    private static DateTimeOffset? Moment(ConsumeContext context, string header, List<CommandError> errors)
    {
        var text = context.HeaderText(header);
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
            return moment;

        if (text is not null)
            errors.Add(new(header, CommandErrorCodes.Invalid, $"The header {header} is no moment."));
        return null;
    }
}
