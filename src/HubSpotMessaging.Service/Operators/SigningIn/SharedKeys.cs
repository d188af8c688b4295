using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.Operators.SigningIn;

/// <summary>
/// The keys of ASP.NET Data Protection, in Redis: every replica reads what another one has given out. Of two replicas that would make the first
/// key at the same time, one finds that of the other; else a cookie of one would mean nothing to the other for a day.
/// </summary>
internal sealed class SharedKeys(IConnectionMultiplexer redis) : IXmlRepository
{
    private const string Key = "hubspot:operators:keys";

    private long _seen;

    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = redis.GetDatabase().ListRange(Key);
        _seen = elements.Length;
        return [.. elements.Select(element => XElement.Parse((string)element!))];
    }

    /// <summary>Stores it, unless there are others than were read: then those are read again, and used.</summary>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public void StoreElement(XElement element, string friendlyName)
    {
        var transaction = redis.GetDatabase().CreateTransaction();
        transaction.AddCondition(Condition.ListLengthEqual(Key, _seen));
        _ = transaction.ListRightPushAsync(Key, element.ToString(SaveOptions.DisableFormatting));
        transaction.Execute();
    }
}
