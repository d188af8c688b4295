using HubSpotMessaging.Testing;

namespace HubSpotMessaging.FaultSuite;

/// <summary>A replica of the service as a process, with ways of its own to RabbitMQ, Redis and HubSpot.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private const int Stop = 19;
    private const int Continue = 18;

    private readonly Dictionary<string, string?> _settings;
    private ServiceProcess? _process;

    public Replica(Dictionary<string, string?> settings, TcpProxy rabbitMq, TcpProxy redis, TcpProxy hubSpot) =>
        (_settings, RabbitMq, Redis, HubSpot) = (settings, rabbitMq, redis, hubSpot);

    public TcpProxy RabbitMq { get; }

    public TcpProxy Redis { get; }

    public TcpProxy HubSpot { get; }

    public int Pid => _process!.Pid;

    public string Output => _process?.Output ?? "";

    public IEnumerable<TcpProxy> Ways => [RabbitMq, Redis, HubSpot];

    public async Task StartAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _process = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Service"), environment: _settings);
        await _process.WaitForLineAsync(line => line.Contains("Application started", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public void Freeze() => _process!.Signal(Stop);

    public void Thaw() => _process!.Signal(Continue);

    /// <returns>Its exit code.</returns>
    public Task<int> StopAsync() => _process!.StopAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        foreach (var way in Ways)
            await way.DisposeAsync();
    }
}
