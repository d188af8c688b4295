namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>There is no access token to send a request with; nothing was sent.</summary>
public sealed class AuthorizationUnavailableException : Exception
{
    /// <summary>Says why there is none.</summary>
    public AuthorizationUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Says why there is none, and what came before.</summary>
    public AuthorizationUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>There is no access token.</summary>
    public AuthorizationUnavailableException()
        : this("There is no access token to ask HubSpot with.")
    {
    }
}
