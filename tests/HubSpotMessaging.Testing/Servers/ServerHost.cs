namespace HubSpotMessaging.Testing.Servers;

/// <summary>A server of our own, in a container or as a process: it keeps its port and its data from start to start.</summary>
internal abstract class ServerHost : IAsyncDisposable
{
    public abstract string Origin { get; }

    /// <summary>host:port</summary>
    public abstract string Address { get; }

    /// <summary>Starts it, or starts it again.</summary>
    /// <exception cref="TestServerException">It does not start; the message has the end of its log.</exception>
    public abstract Task StartAsync(CancellationToken cancellationToken);

    public abstract Task StopAsync(CancellationToken cancellationToken);

    public abstract Task KillAsync(CancellationToken cancellationToken);

    public abstract Task<string> LogTailAsync();

    /// <summary>Runs a command beside the server, such as rabbitmqctl.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="TestServerException">It failed.</exception>
    public abstract Task<string> RunAsync(string command, IEnumerable<string> arguments, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}
