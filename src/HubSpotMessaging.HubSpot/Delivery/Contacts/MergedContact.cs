using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Guard;

namespace HubSpotMessaging.HubSpot.Delivery.Contacts;

/// <summary>Writes to one contact merged into one: of each property the newest value.</summary>
internal sealed class MergedContact
{
    /// <summary>HubSpot wants the identity among the properties, too; so that a write without properties has a place in the order as well.</summary>
    private const string Identity = "email";

    private readonly IReadOnlyList<ContactWrite> _writes;
    private readonly Dictionary<string, (string Value, WriteVersion Version)> _properties;

    public MergedContact(string email, IReadOnlyList<ContactWrite> writes)
    {
        (Email, _writes) = (email, writes);
        _properties = new(writes.Max(write => write.Properties.Count) + 1, StringComparer.Ordinal);
        foreach (var write in writes)
        {
            Add(Identity, email, write.Version);
            foreach (var (name, value) in PropertiesOf(write))
                Add(name, value ?? "", write.Version);
        }
    }

    public string Email { get; }

    public bool IsOne => _writes.Count == 1;

    public GuardedWrite ToGuard() => new(Email, _properties.ToDictionary(property => property.Key, property => property.Value.Version, StringComparer.Ordinal));

    /// <summary>What HubSpot is to be sent of it.</summary>
    public ContactUpsert ToUpsert(Claim.ToWrite claim, string traceId)
    {
        var values = new Dictionary<string, string>(claim.Properties.Count + 1, StringComparer.Ordinal) { [Identity] = Email };
        foreach (var (name, standing) in claim.Properties)
            if (standing == Standing.Newer)
                values[name] = _properties[name].Value;
        return new() { Id = Email, ObjectWriteTraceId = traceId, Properties = values };
    }

    /// <summary>What came of each of the writes, when all that was newest of them is at HubSpot.</summary>
    /// <param name="standings">How the properties stood.</param>
    /// <param name="contactId">The record id.</param>
    /// <param name="isNew">Whether the contact was created by it.</param>
    public IReadOnlyList<ContactWritten> Outcomes(IReadOnlyDictionary<string, Standing> standings, string contactId, bool isNew)
    {
        var outcomes = _writes.Select(OutcomeOf).ToArray();
        if (isNew)
        {
            // The oldest did, and the others came after it.
            var creator = Enumerable.Range(0, outcomes.Length)
                .Where(number => outcomes[number].Result != ContactWriteResult.Superseded)
                .MinBy(number => _writes[number].Version);
            outcomes[creator] = outcomes[creator] with { Result = ContactWriteResult.Created };
        }

        return outcomes;

        ContactWritten OutcomeOf(ContactWrite write)
        {
            var hasWritten = IsAtHubSpot(Identity, write) || PropertiesOf(write).Any(property => IsAtHubSpot(property.Key, write));
            return new(
                contactId,
                hasWritten ? ContactWriteResult.Updated : ContactWriteResult.Superseded,
                [.. PropertiesOf(write).Select(property => property.Key).Where(name => !IsAtHubSpot(name, write))]);
        }

        bool IsAtHubSpot(string name, ContactWrite write) => _properties[name].Version == write.Version && standings[name] != Standing.Outdated;
    }

    private static IEnumerable<KeyValuePair<string, string?>> PropertiesOf(ContactWrite write) =>
        write.Properties.Where(property => !property.Key.Equals(Identity, StringComparison.OrdinalIgnoreCase));

    private void Add(string name, string value, WriteVersion version)
    {
        if (!_properties.TryGetValue(name, out var newest) || newest.Version < version)
            _properties[name] = (value, version);
    }
}
