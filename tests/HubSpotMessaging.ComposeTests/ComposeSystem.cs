using System.Globalization;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.ComposeTests;

/// <summary>
/// The system of docker-compose.yml under a name and on ports of its own, so that it gets into nobody's way. Disposing of it takes it
/// down with all its data.
/// </summary>
internal sealed class ComposeSystem : IAsyncDisposable
{
    private static readonly TimeSpan CommandMayTake = TimeSpan.FromMinutes(8); // The images are built, and their packages fetched.

    private readonly string _project = $"hubspot-messaging-test-{Environment.ProcessId}";
    private readonly string _folder = Path.GetDirectoryName(Repository.Find("docker-compose.yml"))!;
    private readonly int _servicePort = FreePorts.Next();
    private readonly int _rabbitMqPort = FreePorts.Next();
    private readonly int _emulatorPort = FreePorts.Next();
    private readonly int _managementPort = FreePorts.Next();

    public string RabbitMqUri => $"amqp://hubspot:hubspot@127.0.0.1:{_rabbitMqPort}/";

    public Uri Emulator => new($"http://localhost:{_emulatorPort}");

    /// <summary>Where a browser reaches the replicas.</summary>
    public async Task<IReadOnlyList<Uri>> ReplicasAsync()
    {
        var replicas = new List<Uri>();
        foreach (var id in await ContainersAsync("service"))
        {
            var binding = (await RunAsync("docker", "port", id, "8080/tcp")).Split('\n')[0].Trim(); // 127.0.0.1:5000
            replicas.Add(new($"http://localhost:{binding.Split(':')[^1]}"));
        }

        return replicas;
    }

    /// <summary>The containers of a service that run.</summary>
    public async Task<IReadOnlyList<string>> ContainersAsync(string service) =>
        (await ComposeAsync("ps", "--quiet", service)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public Task<string> ComposeAsync(params IEnumerable<string> arguments) =>
        RunAsync("docker", ["compose", "--project-name", _project, "--profile", "emulator", .. arguments]);

    public Task<string> DockerAsync(params IEnumerable<string> arguments) => RunAsync("docker", arguments);

    public async ValueTask DisposeAsync()
    {
        try
        {
            TestContext.Current.TestOutputHelper?.WriteLine(await ComposeAsync("logs", "--no-color", "--tail", "100")); // Shown when the test fails.
        }
        finally
        {
            await ComposeAsync("down", "--volumes", "--timeout", "10");
        }
    }

    private async Task<string> RunAsync(string program, params IEnumerable<string> arguments)
    {
        var environment = ChildProcess.EnvironmentWithout();
        foreach (var (name, port) in new Dictionary<string, int>
        {
            ["SERVICE_PORT"] = _servicePort,
            ["SERVICE_PORT_LAST"] = _servicePort + 9, // More than are needed, should the next one be somebody else's.
            ["RABBITMQ_PORT"] = _rabbitMqPort,
            ["RABBITMQ_MANAGEMENT_PORT"] = _managementPort,
            ["EMULATOR_PORT"] = _emulatorPort,
        })
            environment[name] = port.ToString(CultureInfo.InvariantCulture);

        await using var process = ChildProcess.Start(program, arguments, environment, _folder);
        var code = await process.Exited.WaitAsync(CommandMayTake, TimeProvider.System);
        code.ShouldBe(0, $"{program} {string.Join(' ', arguments)}:\n{process.Output}");
        return process.Output.ToString();
    }
}
