using System.Net;
using System.Net.Sockets;
using Garnet;

namespace HubSpotMessaging.IntegrationTests.Guard;

/// <summary>The sandbox's Redis, started as the sandbox does.</summary>
public sealed class EmbeddedGarnet : IDisposable
{
    private readonly GarnetServer _server;

    public EmbeddedGarnet()
    {
        var port = FreePort();
        _server = new(["-q", "--port", $"{port}", "--bind", "127.0.0.1", "--logger-level", "Error", "--lua", "--lua-transaction-mode"]);
        _server.Start();
        Configuration = $"127.0.0.1:{port}";
    }

    public string Configuration { get; }

    public void Dispose() => _server.Dispose();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
