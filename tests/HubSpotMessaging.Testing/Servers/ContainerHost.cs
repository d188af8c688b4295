using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.Testing.Servers;

/// <param name="build">
/// Makes the container for a port of the host. The port is chosen here, since Docker would choose another at every start.
/// </param>
internal sealed class ContainerHost(Func<int, IContainer> build) : ServerHost
{
    private static readonly TimeSpan QuickAnswer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(5); // the first start may pull the image
    private static readonly Lazy<Task<string?>> EngineProblem = new(AskEngineAsync);
    private readonly int _port = FreePorts.Next();
    private IContainer? _container;

    public override string Origin => "Docker through Testcontainers";

    public override string Address => $"{Loopback(Container.Hostname)}:{_port.ToString(CultureInfo.InvariantCulture)}";

    private IContainer Container => _container ??= build(_port);

    /// <summary>Why there is no Docker engine to use; null when there is one.</summary>
    public static Task<string?> WhyNotAsync() => EngineProblem.Value;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(StartTimeout);
        try
        {
            await Container.StartAsync(bound.Token);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TestServerException($"{e.Message}\nThe end of its log:\n{await LogTailAsync()}", e);
        }
    }

    public override Task StopAsync(CancellationToken cancellationToken) => Container.StopAsync(cancellationToken);

    public override async Task KillAsync(CancellationToken cancellationToken)
    {
        using var engine = Connect();
        await engine.Containers.KillContainerAsync(Container.Id, new ContainerKillParameters { Signal = "SIGKILL" }, cancellationToken);
        await engine.Containers.WaitContainerAsync(Container.Id, cancellationToken);
    }

    public override async Task<string> LogTailAsync()
    {
        if (_container is null || _container.State == TestcontainersStates.Undefined)
            return "(no container)";
        var (output, error) = await _container.GetLogsAsync(timestampsEnabled: false);
        return string.Join('\n', $"{output}\n{error}".Split('\n').TakeLast(40));
    }

    public override async Task<string> RunAsync(string command, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var result = await Container.ExecAsync([command, .. arguments], cancellationToken);
        return result.ExitCode == 0
            ? result.Stdout
            : throw new TestServerException($"{command} ended with {result.ExitCode}:\n{result.Stdout}{result.Stderr}");
    }

    public override ValueTask DisposeAsync() => _container?.DisposeAsync() ?? ValueTask.CompletedTask;

    // Docker publishes on IPv4 alone as often as not, and `localhost` may mean IPv6 first.
    private static string Loopback(string host) => host == "localhost" ? "127.0.0.1" : host;

    private static DockerClient Connect() =>
        TestcontainersSettings.OS.DockerEndpointAuthConfig.GetDockerClientBuilder(Guid.Empty).Build();

    private static async Task<string?> AskEngineAsync()
    {
        try
        {
            // Finding the endpoint tries several, and blocks.
            await Task.Run(async () =>
            {
                if (TestcontainersSettings.OS.DockerEndpointAuthConfig is null)
                    throw new TestServerException("no engine found");
                using var engine = Connect();
                await engine.System.PingAsync();
            }).WaitAsync(QuickAnswer, TimeProvider.System);
            return null;
        }
        catch (Exception e)
        {
            return e.Message;
        }
    }
}
