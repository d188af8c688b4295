namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>A request was not sent because it had no permission, or not any more. Nothing was done.</summary>
public sealed class NotSentException : Exception
{
    /// <summary>Says why not.</summary>
    public NotSentException(string message)
        : base(message)
    {
    }

    /// <summary>Says why not, and what came before.</summary>
    public NotSentException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>It was not sent.</summary>
    public NotSentException()
        : this("The request was not sent.")
    {
    }
}
