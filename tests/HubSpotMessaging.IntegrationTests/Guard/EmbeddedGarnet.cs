using HubSpotMessaging.Sandbox;

namespace HubSpotMessaging.IntegrationTests.Guard;

/// <summary>The sandbox's Redis.</summary>
public sealed class EmbeddedGarnet : IAsyncLifetime
{
    private EmbeddedRedis? _redis;

    public string Configuration => _redis!.Configuration;

    public async ValueTask InitializeAsync() => _redis = await EmbeddedRedis.StartAsync();

    public ValueTask DisposeAsync()
    {
        _redis?.Dispose();
        return ValueTask.CompletedTask;
    }
}
