using System.Text.RegularExpressions;

namespace HubSpotMessaging.Testing.Servers;

/// <summary>Where the servers of a test run come from: an address in the environment, Docker, or this machine.</summary>
internal static partial class ServerChoice
{
    private const string Variable = "HUBSPOT_TEST_SERVERS";
    private const int Ports = 3;
    private static volatile string? _dockerFailure;
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(30);

    private static string? Forced => NotEmpty(Variable) switch
    {
        null => null,
        "docker" => "docker",
        "local" => "local",
        var other => throw new TestServerException($"{Variable} is '{other}'; it can be 'docker' or 'local'."),
    };

    /// <summary>The address in the environment, unless the run is forced to start servers of its own.</summary>
    public static string? Given(string variable) => Forced is null ? NotEmpty(variable) : null;

    public static async Task<ServerHost> StartOwnAsync(
        string name,
        Func<ServerHost> container,
        Func<ServerHost?> local,
        Func<ServerHost, CancellationToken, Task> probe,
        CancellationToken cancellationToken)
    {
        var docker = Forced == "local" ? "not asked for" : _dockerFailure ?? await ContainerHost.WhyNotAsync();
        if (docker is null)
        {
            try
            {
                return (await StartOnFreePortAsync(container, probe, cancellationToken))!;
            }
            catch (TestServerException e) when (Forced is null)
            {
                // An engine that cannot have the image now will not have it for the next test either.
                _dockerFailure = docker = e.Message;
            }
        }

        if (Forced == "docker")
            throw new TestServerException($"{Variable} is 'docker', but the engine cannot be used: {docker}");
        return await StartOnFreePortAsync(local, probe, cancellationToken) ?? throw new TestServerException(
            $"""
             No {name} for the tests. Set {name.ToUpperInvariant()}_URI to one that runs, or start Docker,
             or install {name.ToLowerInvariant()}-server on this machine (Linux or macOS). Docker: {docker}
             """);
    }

    /// <summary>Whether what is started is started as processes on this machine.</summary>
    public static async Task<bool> AreProcessesAsync() => Forced == "local" || (Forced is null && (_dockerFailure ?? await ContainerHost.WhyNotAsync()) is not null);

    /// <summary>Starts it, or starts it again, and waits until it answers.</summary>
    public static async Task StartAsync(
        ServerHost host, Func<ServerHost, CancellationToken, Task> probe, CancellationToken cancellationToken)
    {
        await host.StartAsync(cancellationToken);
        try
        {
            await UntilItAnswersAsync(host.Address, token => probe(host, token), cancellationToken);
        }
        catch (TestServerException e)
        {
            throw new TestServerException($"{e.Message}\nThe end of its log:\n{await host.LogTailAsync()}", e);
        }
    }

    /// <exception cref="TestServerException">It did not answer in time.</exception>
    public static async Task UntilItAnswersAsync(string name, Func<CancellationToken, Task> probe, CancellationToken cancellationToken)
    {
        using var bound = new CancellationTokenSource(ReadyTimeout, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        for (Exception? last = null; ;)
        {
            try
            {
                await probe(either.Token);
                return;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                last = e is OperationCanceledException ? last ?? e : e;
                if (bound.IsCancellationRequested)
                    throw new TestServerException($"{name} does not answer: {last.Message}", last);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            }
        }
    }

    // Between finding a port free and listening on it, another process may have taken it.
    private static async Task<ServerHost?> StartOnFreePortAsync(
        Func<ServerHost?> create, Func<ServerHost, CancellationToken, Task> probe, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (create() is not { } host)
                return null;
            try
            {
                await StartAsync(host, probe, cancellationToken);
                return host;
            }
            catch (Exception e)
            {
                await host.DisposeAsync();
                if (attempt == Ports || !PortIsTaken.IsMatch(e.Message))
                    throw;
            }
        }
    }

    private static string? NotEmpty(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    [GeneratedRegex("eaddrinuse|in use|already allocated", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex PortIsTaken { get; }
}
