using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;

namespace HubSpotMessaging.IntegrationTests.BadInput;

/// <summary>A message that is no good command, or hardly one.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Command">The command to whose exchange it goes.</param>
/// <param name="Body">Its body.</param>
internal sealed record BadMessage(string Name, string Command, byte[] Body)
{
    private const string Envelope = "application/vnd.masstransit+json";

    private static readonly string[] Odd =
    [
        "null", "0", "-1", "1e400", "12345678901234567890123", "true", "\"\"", "\" \"", "\"x\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[null]", "[[]]", "{\"a\":{}}",
    ];

    public string? ContentType { get; init; } = "application/json";

    /// <summary>Its message id, by which an outcome names it too; it stands in the envelope as well.</summary>
    public Guid Id { get; init; }

    public Action<BasicProperties>? Change { get; init; }

    /// <summary>The e-mail address of a message, by which a call to HubSpot names it.</summary>
    public string Address => $"bad-{Id:N}@example.com";

    /// <summary>Whether chance has changed its body, perhaps even id and address.</summary>
    public bool IsByChance { get; init; }

    /// <summary>Whether an address stands in its body, in whichever case.</summary>
    public bool Mentions(string address) => Encoding.UTF8.GetString(Body).Contains(address, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => $"{Name} ({Command}, {ContentType}): {Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, 300)))}";

    /// <summary>All that is known to be nasty, and some hundreds that chance has made.</summary>
    public static IEnumerable<BadMessage> All(Random random)
    {
        foreach (var command in (string[])["SyncContact", "EnrollInWorkflow", "PostTimelineEvent"])
        {
            foreach (var message in Nasty(command).Concat(Cut(command)).Concat(Chance(command, random)))
                yield return message;
        }
    }

    private static IEnumerable<BadMessage> Nasty(string command)
    {
        foreach (var (name, body) in new (string, byte[])[]
        {
            ("empty", []), ("null bytes", new byte[64]), ("null", "null"u8.ToArray()), ("list", "[]"u8.ToArray()), ("number", "5"u8.ToArray()), ("text", "\"x\""u8.ToArray()),
            ("html", "<html></html>"u8.ToArray()), ("invalid utf-8", [(byte)'{', (byte)'"', 0xc3, 0x28, (byte)'"', (byte)':', (byte)'1', (byte)'}']),
        })
            yield return new(name, command, body) { Id = Guid.NewGuid() };

        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32, Encoding.Latin1])
            yield return Of($"in {encoding.WebName}", command, json => json.Replace("Ada", "Ädä", StringComparison.Ordinal), encoding);
        yield return Of("byte order mark", command, json => "\ufeff" + json);
        yield return With("deep", command, "extra", Nested(1_000));
        yield return With("deep properties", command, Values(command), Nested(1_000));
        yield return With("text of 1 MB", command, Values(command), $$"""{"firstname":"{{new string('x', 1_000_000)}}"}""");
        yield return With("key of 1 MB", command, "commandId", $"\"{new string('k', 1_000_000)}\"");
        yield return With("100,000 values", command, Values(command), "{" + string.Join(',', Enumerable.Range(0, 100_000).Select(number => $"\"p{number}\":\"\"")) + "}");
        yield return With("9 MB", command, "extra", $"\"{new string('x', 9_000_000)}\"");
        yield return Of("same name twice", command, json => json[..^1] + ",\"email\":\"twice\"}");
        yield return With("same property twice", command, Values(command), """{"firstname":"a","firstname":"b"}""");
        foreach (var value in Odd)
        {
            foreach (var field in (string[])["commandId", "occurredAt", "expiresAt", "email", "workflow", "eventType", "timelineIFrame", "extraData", "objectId", Values(command)])
                yield return With($"{field}: {value}", command, field, value);
            yield return With($"value: {value}", command, Values(command), $$"""{"firstname":{{value}}}""");
            yield return InEnvelope($"message: {value}", command, envelope => envelope.Replace(Quoted(envelope, "message"), value, StringComparison.Ordinal));
            foreach (var field in (string[])["messageId", "messageType", "sentTime", "headers", "host", "conversationId", "correlationId", "initiatorId", "requestId"])
                yield return InEnvelope($"envelope {field}: {value}", command, envelope => envelope[..^1] + $",\"{field}\":{value}}}");
        }

        foreach (var moment in (string[])["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z", "yesterday", "1700000000"])
        {
            yield return With($"occurredAt {moment}", command, "occurredAt", $"\"{moment}\"");
            yield return With($"expiresAt {moment}", command, "expiresAt", $"\"{moment}\"");
            yield return InEnvelope($"sentTime {moment}", command, envelope => envelope[..^1] + $",\"sentTime\":\"{moment}\"}}");
        }

        foreach (var contentType in (string?[])[null, "text/plain", "application/json; charset=utf-16", "application/json; charset=nonsense", "nonsense", "application/xml", Envelope, "application/vnd.masstransit+xml", "application/octet-stream"])
            yield return Of($"content type {contentType}", command, json => json) with { ContentType = contentType };
        yield return InEnvelope("of another type", command, envelope => envelope.Replace($":{command}\"", ":Other\"", StringComparison.Ordinal));
        yield return InEnvelope("a type that is no urn", command, envelope => envelope.Replace($"urn:message:HubSpotMessaging.Contracts:{command}", "nonsense", StringComparison.Ordinal));

        object?[] values = [new Dictionary<string, object?> { ["a"] = 1 }, new List<object?> { 1, "b" }, new byte[] { 0xff, 0x00 }, long.MaxValue, 1.5, true, null, "", new string('x', 5_000), new AmqpTimestamp(1)];
        foreach (var header in (string[])["hubspot-occurred-at", "hubspot-received-at", "hubspot-idempotency-key", "hubspot-lane", "hubspot-waits", "hubspot-waiting-since", "MT-OriginalMessageId", "traceparent"])
            foreach (var value in values)
                yield return Of($"header {header}: {value}", command, json => json) with { Change = properties => properties.Headers![header] = value };
        foreach (var (name, change) in new (string, Action<BasicProperties>)[]
        {
            ("priority", properties => properties.Priority = 255), ("expiration", properties => properties.Expiration = "600000"), ("type", properties => properties.Type = new string('t', 200)),
            ("timestamp", properties => properties.Timestamp = new AmqpTimestamp(long.MaxValue)), ("negative timestamp", properties => properties.Timestamp = new AmqpTimestamp(-1)),
            ("content encoding", properties => properties.ContentEncoding = "gzip"), ("correlation id", properties => properties.CorrelationId = "nonsense"), ("message id", properties => properties.MessageId = "nonsense"),
        })
            yield return Of(name, command, json => json) with { Change = change };
    }

    /// <summary>Cut off at every tenth byte.</summary>
    private static IEnumerable<BadMessage> Cut(string command)
    {
        foreach (var whole in (BadMessage[])[Of("plain", command, json => json), InEnvelope("envelope", command, json => json)])
        {
            for (var length = 1; length < whole.Body.Length; length += 10)
                yield return whole with { Name = $"{whole.Name} cut after {length}", Body = whole.Body[..length], Id = Guid.NewGuid() };
        }
    }

    /// <summary>Bytes that chance has changed, put in or taken out.</summary>
    private static IEnumerable<BadMessage> Chance(string command, Random random)
    {
        for (var number = 0; number < 50; number++)
        {
            var whole = number % 2 == 0 ? Of("plain", command, json => json) : InEnvelope("envelope", command, json => json);
            var body = whole.Body.ToList();
#pragma warning disable CA5394 // Chance, to be repeated.
            for (var times = random.Next(1, 4); times > 0; times--)
            {
                var at = random.Next(body.Count);
                switch (random.Next(3))
                {
                    case 0:
                        body[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        body.Insert(at, (byte)random.Next(32, 127));
                        break;
                    default:
                        body.RemoveAt(at);
                        break;
                }
            }
#pragma warning restore CA5394

            yield return whole with { Name = $"{whole.Name} by chance {number}", Body = [.. body], IsByChance = true };
        }
    }

    private static string Values(string command) => command == "PostTimelineEvent" ? "tokens" : "properties";

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private static BadMessage Of(string name, string command, Func<string, string> change, Encoding? encoding = null)
    {
        var id = Guid.NewGuid();
        return new(name, command, (encoding ?? Encoding.UTF8).GetBytes(change(Good(command, id)))) { Id = id };
    }

    /// <summary>With a field that has another value.</summary>
    private static BadMessage With(string name, string command, string field, string value)
    {
        var id = Guid.NewGuid();
        var fields = JsonNode.Parse(Good(command, id))!.AsObject();
        fields[field] = "#mark#";
        return new(name, command, Encoding.UTF8.GetBytes(fields.ToJsonString().Replace("\"#mark#\"", value, StringComparison.Ordinal))) { Id = id };
    }

    private static BadMessage InEnvelope(string name, string command, Func<string, string> change)
    {
        var id = Guid.NewGuid();
        var envelope = $$"""{"messageId":"{{id}}","messageType":["urn:message:HubSpotMessaging.Contracts:{{command}}"],"message":{{Good(command, id)}}}""";
        return new(name, command, Encoding.UTF8.GetBytes(change(envelope))) { Id = id, ContentType = Envelope };
    }

    private static string Quoted(string envelope, string field) => JsonNode.Parse(envelope)![field]!.ToJsonString();

    private static string Good(string command, Guid id)
    {
        var more = command switch
        {
            "EnrollInWorkflow" => """ "workflow":"1001","properties":{"firstname":"Ada"}""",
            "PostTimelineEvent" => """ "eventType":"1001298","tokens":{"orderNumber":"8842"}""",
            _ => """ "properties":{"firstname":"Ada"}""",
        };
        return string.Create(CultureInfo.InvariantCulture, $$"""{"email":"bad-{{id:N}}@example.com",{{more.Trim()}}}""");
    }
}
