using System.Net;
using System.Net.Sockets;
using HubSpotMessaging.Testing.Processes;
using HubSpotMessaging.Testing.Proxies;

namespace HubSpotMessaging.Testing;

/// <summary>A way to a server on a port of its own on the loopback interface, to be slowed, stalled and cut while the server goes on.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly string _host;
    private readonly int _hostPort;
    private readonly Valve _requests = new();
    private readonly Valve _replies = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<ProxiedConnection, Task> _connections = [];
    private Socket _listener;
    private bool _isCut;
    private bool _isDisposed;

    private TcpProxy(string host, int hostPort)
    {
        (_host, _hostPort) = (host, hostPort);
        Port = FreePorts.Next();
        _listener = Bind(Port);
        Listen();
    }

    /// <summary>Where it listens on 127.0.0.1; the same as long as it lives.</summary>
    public int Port { get; }

    /// <summary>
    /// How long each piece of at most 16 KB takes, in either direction: a long way, and a narrow one. Default none.
    /// </summary>
    public TimeSpan Delay
    {
        get => _requests.Delay;
        set => _requests.Delay = _replies.Delay = value;
    }

    /// <summary>Opens a way to a server, which need not be there yet.</summary>
    /// <param name="host">The server's name or address.</param>
    /// <param name="port">The server's port.</param>
    /// <returns>The proxy; dispose of it to drop what goes through it.</returns>
    public static TcpProxy Start(string host, int port) => new(host, port);

    /// <summary>
    /// Lets nothing through any more, in either direction, that is sent from now on, neither bytes nor the end of a connection.
    /// Connections stay open, and new ones are accepted.
    /// </summary>
    public void Stall()
    {
        StallRequests();
        StallReplies();
    }

    /// <summary>Lets nothing more through towards the server: what a client sends is not carried out.</summary>
    public void StallRequests() => _requests.Close();

    /// <summary>Lets nothing more through towards the clients: what they send is carried out, and they do not get to know.</summary>
    public void StallReplies() => _replies.Close();

    /// <summary>
    /// Stalls requests from the first bytes on that have a mark in them, such as the name of a command. What is short and sent at once comes
    /// in one piece, so that the server gets all of the command or nothing.
    /// </summary>
    /// <returns>Ends when it has come to that.</returns>
    public Task StallRequestsAtAsync(byte[] mark) => _requests.CloseAtAsync(mark);

    /// <summary>The same with replies: what the client does not get to know has been carried out.</summary>
    /// <returns>Ends when it has come to that.</returns>
    public Task StallRepliesAtAsync(byte[] mark) => _replies.CloseAtAsync(mark);

    /// <summary>Lets everything through again, and first what was stalled.</summary>
    public void Resume()
    {
        _requests.Open();
        _replies.Open();
    }

    /// <summary>Drops every connection, with what is stalled in it, and refuses new ones until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            if (!_isCut)
            {
                _isCut = true;
                _listener.Dispose();
                _listener = Bind(Port); // Without listening: the port stays ours, and whoever dials it is refused.
            }

            foreach (var connection in _connections.Keys)
                connection.Drop();
        }
    }

    /// <summary>Accepts connections again after <see cref="Cut"/>. What is stalled stays so.</summary>
    public void Mend()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_isCut)
                Listen();
        }
    }

    /// <summary>Drops every connection and gives the port back.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] ends;
        lock (_lock)
        {
            Cut();
            _isDisposed = true;
            _listener.Dispose();
            ends = [.. _connections.Values];
        }

        await Task.WhenAll(ends);
    }

    private static Socket Bind(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private void Listen()
    {
        _isCut = false;
        _listener.Listen();
        _ = AcceptAsync(_listener);
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
                Add(await listener.AcceptAsync(), listener);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private void Add(Socket client, Socket listener)
    {
        var connection = new ProxiedConnection(client, _requests, _replies);
        lock (_lock)
        {
            // Accepted at the moment of the cut.
            if (listener != _listener)
            {
                connection.Drop();
                return;
            }

            _connections.Add(connection, Task.CompletedTask);
            _connections[connection] = CarryAsync(connection);
        }
    }

    private async Task CarryAsync(ProxiedConnection connection)
    {
        await connection.CarryAsync(_host, _hostPort);
        lock (_lock)
            _connections.Remove(connection);
    }
}
