using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.Consumers;
using MassTransit;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>Makes of a message in an <c>_error</c> queue what the index tells of it. Takes whatever there is: anybody can put anything there.</summary>
internal static class DeadLetterParser
{
    private const int LongestText = 1_000;

    public static DeadLetter Parse(string queue, DeadLetterContent content)
    {
        try
        {
            return Parse(queue, content, CommandBody.Parse(content.Body.Span));
        }
#pragma warning disable CA1031 // Whatever is in a body: it is a dead letter that operators are to see.
        catch (Exception)
#pragma warning restore CA1031
        {
            return Parse(queue, content, body: null);
        }
    }

    /// <summary>The effective idempotency key, as the consumer would find it.</summary>
    public static string? Key(DeadLetterContent content, CommandBody? body) =>
        body?.CommandId
        ?? content.Headers.Text(CommandIdentity.KeyHeader)
        ?? (Guid.TryParse(content.Properties.MessageId, out var id) ? id.ToString("D") : null);

    public static string? Message(DeadLetterContent content) =>
        content.Headers.Text(MessageHeaders.FaultMessage)
        ?? (content.Headers.Text("x-first-death-reason") is { } reason ? $"The broker moved it here: {reason}." : null);

    private static DeadLetter Parse(string queue, DeadLetterContent content, CommandBody? body)
    {
        var command = CommandQueues.CommandOf(queue);
        var failedAt = FailedAt(content);
        return new()
        {
            Id = new(Math.Max(0, failedAt?.ToUnixTimeMilliseconds() ?? 0), Digest(queue, content)),
            Queue = queue,
            Command = command,
            Key = PersonalData.InText(Short(Key(content, body))),
            FailedAt = failedAt,
            Category = content.Headers.Text(DeadLetterReasonFilter.CategoryHeader),
            Message = PersonalData.InText(Short(Message(content)), body),
            CorrelationId = content.Headers.Text(DeadLetterReasonFilter.CorrelationIdHeader),
            Properties = Properties(content),
            Workflow = command == nameof(EnrollInWorkflow) ? PersonalData.InText(Short(body?.Workflow)) : null,
            Contact = PersonalData.InAddress(body?.Email),
            Origin = Origin(content),
            Size = content.Body.Length,
        };
    }

    private static DeadLetterOrigin Origin(DeadLetterContent content) =>
        content.Headers.ContainsKey(DeadLetterReasonFilter.CategoryHeader) ? DeadLetterOrigin.Rejected
        : content.Headers.ContainsKey(MessageHeaders.Reason) ? DeadLetterOrigin.Unreadable
        : content.Headers.ContainsKey("x-death") || content.Headers.ContainsKey("x-first-death-reason") ? DeadLetterOrigin.Broker
        : DeadLetterOrigin.Other;

    private static DateTimeOffset? FailedAt(DeadLetterContent content)
    {
        if (DateTimeOffset.TryParse(content.Headers.Text(MessageHeaders.FaultTimestamp), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var failed))
            return failed.ToUniversalTime();

        var seconds = content.Headers.GetValueOrDefault("x-death") is JsonArray { Count: > 0 } deaths
            && deaths[0] is JsonObject death && death["time"] is JsonValue time && time.TryGetValue<long>(out var died)
                ? died
                : content.Properties.Timestamp;
        return seconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds.Value) : null;
    }

    private static IReadOnlyList<string> Properties(DeadLetterContent content)
    {
        try
        {
            return content.Headers.Text(DeadLetterReasonFilter.ErrorsHeader) is { } errors
                ? [.. JsonSerializer.Deserialize<List<CommandError>>(errors, StoredJson.Options)!
                    .Select(error => error.Property).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]
                : [];
        }
        catch (JsonException)
        {
            return []; // Somebody else's.
        }
    }

    /// <summary>The same for the same message, whichever replica reads it and however often. Other than the headers that count that.</summary>
    private static ulong Digest(string queue, DeadLetterContent content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(
            new { queue, content.Properties, Headers = content.Headers.OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => new { header.Key, header.Value }) },
            StoredJson.Options));
        hash.AppendData(content.Body.Span);
        return BinaryPrimitives.ReadUInt64BigEndian(hash.GetHashAndReset());
    }

    private static string? Short(string? text) => text?.Length > LongestText ? text[..LongestText] + " [...]" : text;
}
