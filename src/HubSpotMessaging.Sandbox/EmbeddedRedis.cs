using Garnet;

namespace HubSpotMessaging.Sandbox;

/// <summary>Garnet in this process: a Redis that runs the same Lua as in production, and forgets everything at the end.</summary>
internal sealed class EmbeddedRedis : IDisposable
{
    private readonly GarnetServer _server;

    private EmbeddedRedis(GarnetServer server, string configuration) => (_server, Configuration) = (server, configuration);

    /// <summary>In StackExchange.Redis's form.</summary>
    public string Configuration { get; }

    public static Task<EmbeddedRedis> StartAsync() => FreePort.UseAsync(preferred: null, port =>
    {
        var server = new GarnetServer(["-q", "--port", $"{port}", "--bind", "127.0.0.1", "--logger-level", "Error", "--lua", "--lua-transaction-mode"]);
        server.Start();
        return Task.FromResult(new EmbeddedRedis(server, $"127.0.0.1:{port}"));
    });

    public void Dispose() => _server.Dispose();
}
