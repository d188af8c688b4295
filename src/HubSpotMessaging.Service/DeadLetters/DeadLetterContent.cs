using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using HubSpotMessaging.Service.Consumers;
using HubSpotMessaging.Service.Waiting;
using MassTransit;
using RabbitMQ.Client;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>A dead letter as it stands in its queue: what is needed to read it, and to send it again.</summary>
internal sealed record DeadLetterContent(MessageProperties Properties, IReadOnlyDictionary<string, JsonNode?> Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>What the broker counts at every return.</summary>
    private static readonly string[] Counts = ["x-delivery-count", "x-acquired-count"];

    /// <summary>Long, the same for all, and of no use to operators, or different at every reading: not kept in the index.</summary>
    private static readonly string[] NotKept = [MessageHeaders.FaultStackTrace, "MT-Host-", .. Counts];

    /// <summary>What tells of the failure, or the broker has written on the way. A message that is sent again begins without.</summary>
    private static readonly string[] OfTheFailure =
    [
        "MT-Fault-", "MT-Host-", MessageHeaders.Reason,
        DeadLetterReasonFilter.CategoryHeader, DeadLetterReasonFilter.CorrelationIdHeader, DeadLetterReasonFilter.ErrorsHeader,
        WaitingRoom.SinceHeader, WaitingRoom.CountHeader,
        .. WaitQueues.BrokersOwn,
    ];

    public static DeadLetterContent Of(IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body) => new(
        MessageProperties.Of(properties),
        (properties.Headers ?? new Dictionary<string, object?>())
            .Where(header => !StartsWithAny(header.Key, NotKept))
            .ToDictionary(header => header.Key, header => AmqpHeaders.ToJson(header.Value), StringComparer.Ordinal),
        body.ToArray());

    /// <summary>For Redis: one line of JSON, and the body as it is.</summary>
    public byte[] Pack()
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(new Head(Properties, Headers), StoredJson.Options);
        var packed = new byte[head.Length + 1 + Body.Length];
        head.CopyTo(packed, 0);
        packed[head.Length] = (byte)'\n';
        Body.CopyTo(packed.AsMemory(head.Length + 1));
        return packed;
    }

    public static DeadLetterContent Unpack(ReadOnlyMemory<byte> packed)
    {
        var end = packed.Span.IndexOf((byte)'\n');
        var head = JsonSerializer.Deserialize<Head>(packed.Span[..end], StoredJson.Options)!;
        return new(head.Properties, head.Headers, packed[(end + 1)..]);
    }

    /// <summary>The message for another attempt: its ids, and since when it is true, are the same.</summary>
    public BasicProperties ForAnotherAttempt()
    {
        var copy = Properties.ToAmqp();
        copy.Headers = Headers
            .Where(header => !StartsWithAny(header.Key, OfTheFailure))
            .ToDictionary(header => header.Key, header => AmqpHeaders.FromJson(header.Value), StringComparer.Ordinal);
        copy.Headers[CommandContextExtensions.LaneHeader] = CommandContextExtensions.BulkLane;
        return copy;
    }

    private static bool StartsWithAny(string header, IEnumerable<string> beginnings) =>
        beginnings.Any(beginning => header.StartsWith(beginning, StringComparison.Ordinal));

    private sealed record Head(
        [property: JsonPropertyName("p")] MessageProperties Properties,
        [property: JsonPropertyName("h")] IReadOnlyDictionary<string, JsonNode?> Headers);
}

/// <summary>The AMQP properties that a message keeps. How long it lives, and who sent it, are not among them: the broker would see to both.</summary>
internal sealed record MessageProperties
{
    public string? ContentType { get; init; }

    public string? ContentEncoding { get; init; }

    public string? MessageId { get; init; }

    public string? CorrelationId { get; init; }

    public string? ReplyTo { get; init; }

    public string? Type { get; init; }

    public string? AppId { get; init; }

    public byte? Priority { get; init; }

    /// <summary>Unix seconds.</summary>
    public long? Timestamp { get; init; }

    public static MessageProperties Of(IReadOnlyBasicProperties amqp) => new()
    {
        ContentType = amqp.ContentType,
        ContentEncoding = amqp.ContentEncoding,
        MessageId = amqp.MessageId,
        CorrelationId = amqp.CorrelationId,
        ReplyTo = amqp.ReplyTo,
        Type = amqp.Type,
        AppId = amqp.AppId,
        Priority = amqp.IsPriorityPresent() ? amqp.Priority : null,
        Timestamp = amqp.IsTimestampPresent() ? amqp.Timestamp.UnixTime : null,
    };

    public BasicProperties ToAmqp()
    {
        var amqp = new BasicProperties
        {
            Persistent = true,
            ContentType = ContentType,
            ContentEncoding = ContentEncoding,
            MessageId = MessageId,
            CorrelationId = CorrelationId,
            ReplyTo = ReplyTo,
            Type = Type,
            AppId = AppId,
        };
        if (Priority is { } priority)
            amqp.Priority = priority;
        if (Timestamp is { } timestamp)
            amqp.Timestamp = new(timestamp);
        return amqp;
    }
}

/// <summary>How things stand in Redis.</summary>
internal static class StoredJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // Nobody makes a page of it.
        Converters = { new JsonStringEnumConverter() },
    };
}
