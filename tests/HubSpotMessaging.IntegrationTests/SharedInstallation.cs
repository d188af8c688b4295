using HubSpotMessaging.IntegrationTests.Secrecy;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>
/// One installation for those tests of a class that do without settings of their own and leave the process alone: starting one costs
/// seconds. Each test gets it as if it were new; after one that failed it <em>is</em> new, since nobody knows what that has left. Its
/// Redis is everybody's, so that such a class has no other installations.
/// </summary>
public sealed class SharedInstallation(Servers servers) : IAsyncLifetime
{
    private static int _running;

    private Installation? _installation;
    private int _failures;

    /// <summary>Whether there is one now.</summary>
    internal static bool IsRunning => Volatile.Read(ref _running) > 0;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask; // Perhaps none of its tests is to run.

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        LeaksFailTestsAttribute.ThrowIfAny(); // What turned up after the last test.
    }

    /// <summary>Everything running, and connected to HubSpot unless told otherwise. To be disposed of by the test.</summary>
    internal async Task<Installation> BeginAsync(bool connect = true)
    {
        if (_installation is { Service.HasExited: false } installation && _failures == NotesFailuresAttribute.Count)
        {
            await installation.RenewAsync(connect);
            return installation;
        }

        await EndAsync();
        _failures = NotesFailuresAttribute.Count;
        _installation = (await Installation.StartAsync(servers, connect: connect)).Share();
        Interlocked.Increment(ref _running);
        return _installation;
    }

    private async Task EndAsync()
    {
        if (_installation is not { } installation)
            return;

        _installation = null;
        Interlocked.Decrement(ref _running);
        await installation.EndAsync();
    }
}
