using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace HubSpotMessaging.Service.OperatorConsole; // "Console" would hide the other one.

/// <summary>A file of the console, as it is embedded in the service.</summary>
internal sealed class ConsoleFile
{
    private const string Prefix = "console/";

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
    };

    private static readonly Dictionary<string, ConsoleFile> Files = Embedded(Types.Keys).ToDictionary(
        file => file.Name, file => new ConsoleFile(file.Name, file.Bytes), StringComparer.Ordinal);

    private readonly string _type;
    private readonly byte[] _bytes;
    private readonly EntityTagHeaderValue _tag;

    private ConsoleFile(string name, byte[] bytes)
    {
        (_type, _bytes) = (Types[Path.GetExtension(name)], bytes);
        _tag = new($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}\"");
    }

    /// <summary>The page itself, with places for what differs from one browser to the next.</summary>
    public static string Page { get; } = System.Text.Encoding.UTF8.GetString(Embedded([".html"]).Single().Bytes);

    /// <summary>A style sheet or a script; null when there is none of that name.</summary>
    public static ConsoleFile? Find(string name) => Files.GetValueOrDefault(name);

    public IResult ToResult() => TypedResults.Bytes(_bytes, _type, entityTag: _tag);

    private static IEnumerable<(string Name, byte[] Bytes)> Embedded(IEnumerable<string> extensions)
    {
        var assembly = typeof(ConsoleFile).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && extensions.Contains(Path.GetExtension(name))))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            yield return (resource[Prefix.Length..], bytes);
        }
    }
}
