using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Control;

/// <summary>JSON of the control API: what is misspelt, missing or out of range is an error here, not something to pass over.</summary>
internal static class ControlJson
{
    private static readonly JsonSerializerOptions Strict = HubSpotJson.Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    });

    private static readonly JsonSerializerOptions WithNulls = new(HubSpotJson.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    /// <summary>An answer that also names what is not set.</summary>
    public static IResult Complete<T>(T value) => TypedResults.Json(value, WithNulls);

    public static async Task<T> ReadAsync<T>(HttpRequest request)
        where T : class
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        return Check(() => JsonSerializer.Deserialize<T>(body.GetBuffer().AsSpan(0, (int)body.Length), Strict));
    }

    /// <exception cref="FormatException">It is something else; the message says what is wrong.</exception>
    public static T Parse<T>(string json)
        where T : class
    {
        try
        {
            return Check(() => JsonSerializer.Deserialize<T>(json, Strict));
        }
        catch (RefusedException refusal)
        {
            throw new FormatException(refusal.Message, refusal);
        }
    }

    /// <summary>The current value with the changes laid over it.</summary>
    public static T Merge<T>(T current, IReadOnlyDictionary<string, JsonNode?> changes)
        where T : class => Check(() =>
    {
        var merged = JsonSerializer.SerializeToNode(current, Strict)!.AsObject();
        foreach (var (name, value) in changes) merged[name] = value?.DeepClone();
        return merged.Deserialize<T>(Strict);
    });

    private static T Check<T>(Func<T?> read)
        where T : class
    {
        try
        {
            var value = read() ?? throw new JsonException("Expected a JSON object.");
            Validator.ValidateObject(value, new ValidationContext(value), validateAllProperties: true);
            return value;
        }
        catch (Exception exception) when (exception is JsonException or ValidationException)
        {
            throw RefusedException.Invalid(exception.Message);
        }
    }
}
