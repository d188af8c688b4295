using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.Crashes;

/// <summary>Three replicas, each of which speaks another version of HubSpot's API, so that a call tells whose it is.</summary>
internal sealed class Fleet
{
    public const int Size = 3;

    private static readonly (string Version, string Path)[] Apis =
    [
        ("2026-09", "/crm/objects/2026-09/contacts/batch/upsert"),
        ("2026-03", "/crm/objects/2026-03/contacts/batch/upsert"),
        ("v3", "/crm/v3/objects/contacts/batch/upsert"),
    ];

    private readonly Installation _installation;
    private readonly ServiceProcess[] _replicas = new ServiceProcess[Size];
    private readonly List<ServiceProcess> _killed = [];

    private Fleet(Installation installation) => (_installation, _replicas[0]) = (installation, installation.Service);

    /// <summary>Those that were killed.</summary>
    public IReadOnlyList<ServiceProcess> Killed => _killed;

    /// <summary>Adds two replicas to the first one.</summary>
    public static async Task<Fleet> StartAsync(Installation installation)
    {
        var fleet = new Fleet(installation);
        for (var number = 1; number < Size; number++)
            await fleet.StartAgainAsync(number);
        return fleet;
    }

    /// <summary>Kills one, whatever it is doing.</summary>
    public async Task KillAsync(int number)
    {
        _replicas[number].Kill();
        await _replicas[number].WaitForExitAsync();
        _killed.Add(_replicas[number]);
    }

    /// <summary>Kills one when HubSpot has written a batch of it and it has not been told yet.</summary>
    public async Task KillBeforeItIsToldAsync(int number)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var held = _installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.HoldAnswer, Times = 1, Match = new() { Path = Apis[number].Path } });
        await held.WhenHitAsync(cancellationToken: limit.Token);
        await KillAsync(number);
        _installation.HubSpot.Faults.Remove(held.Id);
    }

    /// <summary>Starts another one in the place of one that was killed.</summary>
    public async Task StartAgainAsync(int number) =>
        _replicas[number] = (await _installation.AddReplicaAsync(settings => settings["HubSpot__ApiVersions__Objects"] = Apis[number].Version)).Process;

    /// <summary>Stops them all in good order; what they have in hand would return to the queue.</summary>
    public async Task StopAsync()
    {
        var codes = await Task.WhenAll(_replicas.Select(replica => replica.StopAsync()));
        codes.ShouldAllBe(code => code == 0);
    }
}
