using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace HubSpotMessaging.HubSpot.Api;

/// <summary>
/// Reads HubSpot's error bodies in all their shapes: of the CRM API, of the records of a 207, of the rate limiter and of the token
/// endpoint. Nothing in them is certain, not even the types, so nothing here throws on what is missing or odd.
/// </summary>
internal sealed partial class HubSpotProblemConverter : JsonConverter<HubSpotProblem>
{
    private const string NoWords = "HubSpot gave no reason.";

    public override HubSpotProblem Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return Read(document.RootElement);
    }

    public override void Write(Utf8JsonWriter writer, HubSpotProblem value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Problems are HubSpot's to write.");

    internal static HubSpotProblem Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            return new HubSpotProblem { Message = NoWords };

        var message = Text(body, "message") ?? Text(body, "error_description") ?? NoWords;
        return new HubSpotProblem
        {
            Message = message,
            Category = Word(body, "category") ?? Word(body, "error") ?? Word(body, "errorType") ?? StatusWord(body),
            SubCategory = Word(body, "subCategory"),
            CorrelationId = Word(body, "correlationId"),
            PolicyName = Word(body, "policyName"),
            Errors = Details(body, message),
            Context = Context(body),
        };
    }

    /// <summary>The token endpoint's older bodies carry their error in <c>status</c>, where the others only say <c>error</c>.</summary>
    private static string? StatusWord(JsonElement body) => Word(body, "status") is { } word && word != "error" ? word : null;

    private static IReadOnlyList<PropertyProblem> Details(JsonElement body, string message)
    {
        if (body.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0)
            return [.. errors.EnumerateArray().Where(IsObject).SelectMany(FromDetail)];

        return [.. FromMessage(message)];
    }

    private static IEnumerable<PropertyProblem> FromDetail(JsonElement detail)
    {
        var code = Text(detail, "code") ?? Text(detail, "error");
        var message = Text(detail, "message") ?? NoWords;
        var properties = Context(detail).GetValueOrDefault("propertyName") ?? [];
        return properties.Count == 0
            ? [new PropertyProblem(Text(detail, "name") ?? Text(detail, "in"), code, message)]
            : properties.Select(property => new PropertyProblem(property, code, message));
    }

    /// <summary>The details of invalid properties also stand as JSON inside the message, and inside a batch only there.</summary>
    private static IEnumerable<PropertyProblem> FromMessage(string message)
    {
        var start = message.IndexOf(": [{", StringComparison.Ordinal);
        if (start < 0)
            return [];

        try
        {
            using var details = JsonDocument.Parse(message.AsMemory(start + 2));
            return [.. details.RootElement.EnumerateArray().Where(IsObject).SelectMany(FromDetail)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // The latter of half a surrogate pair.
        {
            return [];
        }
    }

    /// <summary>What stands in the context of single errors, such as the scopes that are missing, belongs to the whole, too.</summary>
    private static Dictionary<string, IReadOnlyList<string>> Context(JsonElement body)
    {
        var context = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (body.TryGetProperty("context", out var element) && IsObject(element))
            foreach (var entry in element.EnumerateObject())
                context[entry.Name] = entry.Value.ValueKind == JsonValueKind.Array
                    ? [.. entry.Value.EnumerateArray().Select(value => value.ToString())]
                    : [entry.Value.ToString()];

        if (body.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array)
            foreach (var (name, values) in errors.EnumerateArray().Where(IsObject).SelectMany(Context))
                context.TryAdd(name, values);

        return context;
    }

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
            && value.ToString() is { Length: > 0 } text ? text : null;

    /// <summary>
    /// What becomes an attribute of metrics, spans and logs. A body that is not HubSpot's own, such as a gateway's, may have any text there, and
    /// even someone's address.
    /// </summary>
    private static string? Word(JsonElement body, string name) => Text(body, name) is { } text && SingleWord().IsMatch(text) ? text : null;

    [GeneratedRegex(@"^[\w.-]{1,64}\z", RegexOptions.CultureInvariant | RegexOptions.ECMAScript, 1000)]
    private static partial Regex SingleWord();

    private static bool IsObject(JsonElement element) => element.ValueKind == JsonValueKind.Object;
}
