namespace HubSpotMessaging.Service.Startup;

/// <summary>The service cannot start; the message names the setting.</summary>
internal sealed class StartupException(string message, Exception? innerException = null) : Exception(message, innerException);
