using System.Globalization;
using HubSpotMessaging.Testing;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>
/// One installation that reads its dead letters over ways that can be held at any point, for tests that kill its service, or its
/// connections. Each begins without dead letters, and with the line open; after one that failed it is new.
/// </summary>
public sealed class HeldInstallation(Servers servers) : IAsyncLifetime
{
    /// <summary>Where requests of operators are until they are done.</summary>
    internal const string Requests = "hubspot:dead-letters:requests";

    private Installation? _installation;
    private int _failures;

    /// <summary>The broker itself, to which no way is held.</summary>
    internal string RabbitMq { get; private set; } = null!;

    internal TcpProxy ToRabbitMq { get; private set; } = null!;

    internal TcpProxy ToRedis { get; private set; } = null!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask; // Perhaps none of its tests is to run.

    public ValueTask DisposeAsync() => EndAsync();

    internal async Task<(Installation Installation, OperatorApi Api, ErrorQueue Errors)> BeginAsync()
    {
        if (_failures != NotesFailuresAttribute.Count)
            await EndAsync();
        _failures = NotesFailuresAttribute.Count;
        _installation ??= await StartAsync();
        var api = new OperatorApi(_installation.Address);
        await api.BeginAsync();
        await _installation.Bus.PurgeQueuesAsync();
        return (_installation, api, await ErrorQueue.ConnectAsync(RabbitMq));
    }

    private async Task<Installation> StartAsync()
    {
        var installation = await Installation.StartAsync(servers, settings =>
        {
            var broker = new UriBuilder(RabbitMq = settings["ConnectionStrings__RabbitMq"]!);
            ToRabbitMq = TcpProxy.Start(broker.Host, broker.Port);
            (broker.Host, broker.Port) = ("127.0.0.1", ToRabbitMq.Port);
            settings["ConnectionStrings__RabbitMq"] = broker.Uri.AbsoluteUri;

            var redis = ConfigurationOptions.Parse(servers.Redis).EndPoints[0].ToString()!.Split('/')[^1].Split(':');
            ToRedis = TcpProxy.Start(redis[0], int.Parse(redis[1], CultureInfo.InvariantCulture));
            settings["ConnectionStrings__Redis"] = servers.Redis.Replace($"{redis[0]}:{redis[1]}", $"127.0.0.1:{ToRedis.Port}", StringComparison.Ordinal);
            settings["DeadLetters__Read"] = "true";
        });
        return installation.Share();
    }

    private async ValueTask EndAsync()
    {
        if (_installation is not { } installation)
            return;

        _installation = null;
        await installation.EndAsync();
        await ToRabbitMq.DisposeAsync();
        await ToRedis.DisposeAsync();
    }
}

/// <summary>The tests that share one held installation.</summary>
[CollectionDefinition]
public sealed class WithHeldInstallation : ICollectionFixture<HeldInstallation>;
