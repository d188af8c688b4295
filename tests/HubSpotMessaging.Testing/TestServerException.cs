namespace HubSpotMessaging.Testing;

/// <summary>A server or process for a test could not be had; the message says what to do, or carries the end of its log.</summary>
public sealed class TestServerException(string message, Exception? innerException = null) : Exception(message, innerException);
