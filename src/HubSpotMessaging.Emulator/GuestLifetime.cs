namespace HubSpotMessaging.Emulator;

/// <summary>The lifetime of a host inside another process: Ctrl-C is for that process to hear.</summary>
internal sealed class GuestLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
