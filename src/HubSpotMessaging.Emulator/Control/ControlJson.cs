using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Control;

/// <summary>JSON of the control API: a misspelt name is an error here, not something to pass over.</summary>
internal static class ControlJson
{
    private static readonly JsonSerializerOptions Strict = HubSpotJson.Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    });

    private static readonly JsonSerializerOptions WithNulls = new(HubSpotJson.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    /// <summary>An answer that also names what is not set.</summary>
    public static IResult Complete<T>(T value) => TypedResults.Json(value, WithNulls);

    public static async Task<T> ReadAsync<T>(HttpRequest request) =>
        await ReadOrRefuseAsync(async () => await JsonSerializer.DeserializeAsync<T>(request.Body, Strict));

    /// <summary>The current value with the members of the request's body laid over it.</summary>
    public static Task<T> MergeAsync<T>(HttpRequest request, T current) => ReadOrRefuseAsync(async () =>
    {
        var merged = JsonSerializer.SerializeToNode(current, Strict)!.AsObject();
        var changes = await JsonSerializer.DeserializeAsync<JsonObject>(request.Body, Strict) ?? [];
        foreach (var (name, value) in changes) merged[name] = value?.DeepClone();
        return merged.Deserialize<T>(Strict);
    });

    private static async Task<T> ReadOrRefuseAsync<T>(Func<Task<T?>> read)
    {
        try
        {
            return await read() ?? throw new JsonException("Expected a JSON object.");
        }
        catch (JsonException exception)
        {
            throw RefusedException.Invalid(exception.Message);
        }
    }
}
