using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot;

/// <summary>
/// A Lua script that stands in <c>.lua</c> files beside the class that runs it. StackExchange.Redis sends its hash and, where the
/// server does not know that yet, the script itself.
/// </summary>
public sealed class RedisScript
{
    private readonly string _source;

    private RedisScript(string source) => _source = source;

    /// <summary>Loads scripts from the folder of the type that runs them: one, or several that make up one.</summary>
    /// <exception cref="InvalidOperationException">There is no such resource in the type's assembly.</exception>
    public static RedisScript Beside<T>(params IEnumerable<string> names) =>
        new(string.Join('\n', names.Select(name => Read(typeof(T), name))));

    /// <summary>This script with the functions of another one.</summary>
    public RedisScript After(RedisScript functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        return new($"{functions._source}\n{_source}");
    }

    /// <summary>Runs the script.</summary>
    /// <exception cref="RedisException">Redis cannot be reached or refuses.</exception>
    public Task<RedisResult> RunAsync(IDatabaseAsync redis, RedisKey[] keys, params RedisValue[] arguments)
    {
        ArgumentNullException.ThrowIfNull(redis);
        return redis.ScriptEvaluateAsync(_source, keys, arguments);
    }

    private static string Read(Type type, string name)
    {
        var resource = $"{type.Namespace}.{name}.lua";
        using var stream = type.Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The script {resource} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
