namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>The account's quota of requests, which all replicas share.</summary>
public interface IQuota
{
    /// <summary>Waits until a request may be sent.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting; nothing is taken then.</exception>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached: nothing may be sent.</exception>
    Task<Permit> AcquireAsync(Demand demand, CancellationToken cancellationToken);

    /// <summary>Gives a permit back whose request was not sent, for somebody else to use at once. A used one stays as it is.</summary>
    Task ReturnAsync(Permit permit);
}
