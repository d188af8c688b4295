using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// Masks what may tell of a person: addresses anywhere, and in a command every value but those that say how, when and where it goes. Names of
/// properties stay, since they are what an operator needs.
/// </summary>
internal static class PersonalData
{
    public const string Mask = "***";

    /// <summary>Shorter ones would mask parts of words.</summary>
    private const int ShortestValue = 3;

    /// <summary>Fields of a command, or of the envelope around it, that tell of nobody.</summary>
    private static readonly HashSet<string> Harmless = new(StringComparer.OrdinalIgnoreCase)
    {
        "commandId", "occurredAt", "expiresAt", "workflow", "eventType",
        "messageId", "requestId", "correlationId", "conversationId", "initiatorId", "sourceAddress", "destinationAddress", "responseAddress",
        "faultAddress", "messageType", "expirationTime", "sentTime", "host", "headers",
    };

    private static readonly string[] Maps = ["properties", "tokens"];

    /// <summary>In a time that grows with the text and no faster: anybody can write anything of any length.</summary>
    private static readonly Regex Address = new(
        @"[^\s@,;:<>""'\[\](){}]+@[^\s@,;:<>""'\[\](){}]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, TimeSpan.FromSeconds(10));

    /// <summary>An address by its first letters, as people recognize it who know it anyway.</summary>
    public static string? InAddress(string? address) =>
        string.IsNullOrEmpty(address) ? address
        : address.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < address.Length - 1 ? $"{address[0]}{Mask}@{address[at + 1]}{Mask}"
        : Mask;

    /// <summary>Addresses in a text.</summary>
    public static string? InText(string? text) => text is null || !text.Contains('@', StringComparison.Ordinal) ? text : Address.Replace(text, match => InAddress(match.Value)!);

    /// <summary>Addresses in a text, and the values of the command that it speaks of.</summary>
    public static string? InText(string? text, CommandBody? command)
    {
        if (text is null)
            return null;
        foreach (var value in (command?.Values ?? []).Where(value => value.Length >= ShortestValue).OrderByDescending(value => value.Length))
            text = text.Replace(value, Mask, StringComparison.OrdinalIgnoreCase);
        return InText(text);
    }

    /// <summary>A body: as JSON if it is a command, else not at all.</summary>
    public static string InBody(ReadOnlyMemory<byte> body)
    {
        try
        {
            if (CommandBody.Parse(body.Span) is { } command)
            {
                MaskValues(command.Command);
                if (command.IsEnvelope)
                    MaskValues(command.Root, except: command.Command);
                return command.Root.ToJsonString(StoredJson.Options);
            }
        }
        catch (InvalidOperationException)
        {
            // Half of a character, which JSON can write and no text have.
        }

        return $"{Mask} ({body.Length} bytes that are no JSON object)";
    }

    /// <summary>A body as it is.</summary>
    public static string Revealed(ReadOnlyMemory<byte> body) => Encoding.UTF8.GetString(body.Span);

    private static void MaskValues(JsonObject within, JsonObject? except = null)
    {
        foreach (var (name, value) in within.ToList())
        {
            if (value == except && except is not null)
                continue;
            within[name] = value switch
            {
                JsonObject map when Maps.Contains(name, StringComparer.OrdinalIgnoreCase) =>
                    new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, MaskValue(entry.Value)))),
                JsonValue text when name.Equals("email", StringComparison.OrdinalIgnoreCase) && text.TryGetValue<string>(out var address) => InAddress(address),
                _ when Harmless.Contains(name) => MaskAddresses(value),
                _ => MaskValue(value),
            };
        }
    }

    /// <summary>That something is empty tells of nobody, and often is what is wrong.</summary>
    private static JsonNode? MaskValue(JsonNode? value) => value is null or JsonObject { Count: 0 } || (value is JsonValue text && text.TryGetValue<string>(out var content) && content.Length == 0)
        ? value?.DeepClone()
        : JsonValue.Create(Mask);

    private static JsonNode? MaskAddresses(JsonNode? value) => value switch
    {
        JsonObject map => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, MaskAddresses(entry.Value)))),
        JsonArray list => new JsonArray([.. list.Select(MaskAddresses)]),
        JsonValue text when text.TryGetValue<string>(out var content) => JsonValue.Create(InText(content)),
        _ => value?.DeepClone(),
    };

}
