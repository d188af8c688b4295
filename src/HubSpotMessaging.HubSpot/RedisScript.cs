using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot;

/// <summary>
/// A Lua script that stands as a <c>.lua</c> file beside the class that runs it. StackExchange.Redis sends its hash and, where the
/// server does not know that yet, the script itself.
/// </summary>
public sealed class RedisScript
{
    private readonly string _source;

    private RedisScript(string source) => _source = source;

    /// <summary>Loads <paramref name="name"/><c>.lua</c> from the folder of the type that runs it.</summary>
    /// <exception cref="InvalidOperationException">There is no such resource in the type's assembly.</exception>
    public static RedisScript Beside<T>(string name)
    {
        var resource = $"{typeof(T).Namespace}.{name}.lua";
        using var stream = typeof(T).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The script {resource} is not embedded.");
        using var reader = new StreamReader(stream);
        return new(reader.ReadToEnd());
    }

    /// <summary>Runs the script.</summary>
    /// <exception cref="RedisException">Redis cannot be reached or refuses.</exception>
    public Task<RedisResult> RunAsync(IDatabaseAsync redis, RedisKey[] keys, params RedisValue[] arguments)
    {
        ArgumentNullException.ThrowIfNull(redis);
        return redis.ScriptEvaluateAsync(_source, keys, arguments);
    }
}
