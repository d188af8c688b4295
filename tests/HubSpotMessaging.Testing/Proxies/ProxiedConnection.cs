using System.Net.Sockets;

namespace HubSpotMessaging.Testing.Proxies;

/// <summary>
/// A client's connection and the one to the server that belongs to it. Each direction has a valve, which bytes, the end of the
/// stream and the news that the other side is gone have to pass alike.
/// </summary>
internal sealed class ProxiedConnection
{
    private const int BufferSize = 16 * 1024;

    private readonly Socket _client;
    private readonly Socket _server = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Valve _requests;
    private readonly Valve _replies;
    private readonly CancellationTokenSource _dropped = new();

    public ProxiedConnection(Socket client, Valve requests, Valve replies)
    {
        (_client, _requests, _replies) = (client, requests, replies);
        _client.NoDelay = true;
    }

    /// <summary>Carries bytes until both directions have ended or the connection is dropped. Never fails.</summary>
    public async Task CarryAsync(string host, int port)
    {
        try
        {
            await ConnectAsync(host, port);
            await Task.WhenAll(PumpAsync(_client, _server, _requests, _replies), PumpAsync(_server, _client, _replies, _requests));
            _client.Dispose();
            _server.Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Drop();
        }
    }

    /// <summary>Resets both connections. What they still hold is lost.</summary>
    public void Drop()
    {
        _dropped.Cancel();
        _client.Close(timeout: 0);
        _server.Close(timeout: 0);
    }

    private async Task ConnectAsync(string host, int port)
    {
        try
        {
            await _server.ConnectAsync(host, port, _dropped.Token);
        }
        catch (SocketException)
        {
            await _replies.PassAsync(_dropped.Token);
            throw;
        }
    }

    /// <param name="source">Where bytes come from.</param>
    /// <param name="target">Where they go to.</param>
    /// <param name="onward">What they have to pass.</param>
    /// <param name="back">What the news has to pass that the target takes no more.</param>
    private async Task PumpAsync(Socket source, Socket target, Valve onward, Valve back)
    {
        try
        {
            var buffer = new byte[BufferSize];
            while (await ReceiveAsync(source, buffer, onward) is var count and > 0)
                await SendAsync(target, buffer.AsMemory(0, count), back);
            target.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            Drop(); // Ends the other direction too.
            throw;
        }
    }

    private async Task<int> ReceiveAsync(Socket source, byte[] buffer, Valve onward)
    {
        try
        {
            var count = await source.ReceiveAsync(buffer, SocketFlags.None, _dropped.Token);
            onward.Inspect(buffer.AsSpan(0, count));
            return count;
        }
        finally
        {
            await onward.PassAsync(_dropped.Token);
        }
    }

    private async Task SendAsync(Socket target, ReadOnlyMemory<byte> bytes, Valve back)
    {
        try
        {
            while (bytes.Length > 0)
                bytes = bytes[await target.SendAsync(bytes, SocketFlags.None, _dropped.Token)..];
        }
        catch (SocketException)
        {
            await back.PassAsync(_dropped.Token);
            throw;
        }
    }
}
