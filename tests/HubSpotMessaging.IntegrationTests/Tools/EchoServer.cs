using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace HubSpotMessaging.IntegrationTests.Tools;

/// <summary>Sends back what it gets.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _clients = [];
    private readonly SemaphoreSlim _more = new(0);
    private long _received;

    private EchoServer() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many bytes came.</summary>
    public long Received => Interlocked.Read(ref _received);

    public static EchoServer Start()
    {
        var server = new EchoServer();
        _ = server.AcceptAsync();
        return server;
    }

    public async Task WhenReceivedAsync(int bytes, CancellationToken cancellationToken)
    {
        while (Received < bytes)
            await _more.WaitAsync(cancellationToken);
    }

    /// <summary>Closes every connection.</summary>
    public void HangUp()
    {
        foreach (var client in _clients)
            client.Dispose();
    }

    public void Dispose()
    {
        _listener.Dispose();
        HangUp();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                _clients.Add(client);
                _ = EchoAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed of.
        }
    }

    private async Task EchoAsync(Socket client)
    {
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer) is var count and > 0)
            {
                Interlocked.Add(ref _received, count);
                _more.Release();
                await stream.WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Its client is gone, or hung up on.
        }
    }
}
