namespace HubSpotMessaging.Emulator.Contacts;

/// <summary>Every portal's contacts.</summary>
internal sealed class ContactDirectory(PropertyRegistry definitions, TimeProvider clock) : IResettable
{
    private const long FirstId = 171_591_000_001;
    private const int MaximumWrites = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, ContactBook> _portals = [];
    private readonly Queue<ContactWrite> _writes = new();
    private long _nextId = FirstId;

    /// <summary>The last writes that took effect, in order. Bounded, so that an emulator may run under load for days.</summary>
    public IReadOnlyList<ContactWrite> Writes
    {
        get { lock (_lock) return [.. _writes]; }
    }

    public ContactBook Read(long portalId)
    {
        lock (_lock) return _portals.GetValueOrDefault(portalId, ContactBook.Empty);
    }

    /// <summary>Writes of <paramref name="work"/> are kept when it returns and forgotten when it throws.</summary>
    public T Write<T>(long portalId, Func<ContactTransaction, T> work, string? requiredProperty = null)
    {
        lock (_lock)
        {
            var transaction = new ContactTransaction(Read(portalId), definitions, requiredProperty, clock.GetUtcNow(), () => _nextId++);
            var result = work(transaction);
            _portals[portalId] = transaction.Book;
            foreach (var (contact, isNew, values) in transaction.Writes)
                _writes.Enqueue(new ContactWrite(portalId, contact.IdText, isNew, values));
            while (_writes.Count > MaximumWrites) _writes.Dequeue();
            return result;
        }
    }

    /// <summary>A contact as found in an account that was there before, secondary addresses and all.</summary>
    public Contact Seed(long portalId, IReadOnlyDictionary<string, string> properties)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            var contact = Contact.Create(_nextId++, now).With(properties.Select(Normalized), now);
            var unique = definitions.All.Where(definition => definition.HasUniqueValue).Select(definition => definition.Name);
            _portals[portalId] = Read(portalId).With(contact, unique);
            return contact;
        }
    }

    public IReadOnlyList<EmulatedContact> List(long? portalId = null)
    {
        lock (_lock)
        {
            return
            [
                .. from portal in _portals
                   where portalId is null || portal.Key == portalId
                   from contact in portal.Value.ById.Values
                   orderby contact.Id
                   select EmulatedContact.From(portal.Key, contact),
            ];
        }
    }

    public void Reset()
    {
        lock (_lock)
        {
            _portals.Clear();
            _writes.Clear();
            _nextId = FirstId;
        }
    }

    private static KeyValuePair<string, string> Normalized(KeyValuePair<string, string> property) =>
        property.Key == PropertyNames.Email ? KeyValuePair.Create(property.Key, Contact.NormalizeEmail(property.Value)) : property;
}
