namespace HubSpotMessaging.Service.Startup;

/// <summary>The service cannot start; the message names the setting.</summary>
internal sealed class StartupException(string message, bool mayPass = false) : Exception(message)
{
    /// <summary>Whether it may be different in a moment: a server that is still starting.</summary>
    public bool MayPass { get; } = mayPass;
}
