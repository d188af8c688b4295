using System.Collections.Immutable;

namespace HubSpotMessaging.Emulator.Contacts;

/// <summary>
/// The contacts of one portal at one moment. Immutable, so that a batch of which nothing may remain is undone by forgetting it.
/// </summary>
internal sealed record ContactBook(
    ImmutableDictionary<long, Contact> ById, ImmutableDictionary<(string Property, string Value), long> ByUniqueValue)
{
    public static ContactBook Empty { get; } = new(
        ImmutableDictionary<long, Contact>.Empty, ImmutableDictionary<(string Property, string Value), long>.Empty);

    public Contact? Find(long id) => ById.GetValueOrDefault(id);

    public Contact? FindByEmail(string email) => FindBy(PropertyNames.Email, Contact.NormalizeEmail(email));

    public Contact? FindBy(string uniqueProperty, string value) =>
        ByUniqueValue.TryGetValue((uniqueProperty, value), out var id) ? ById[id] : null;

    public ContactBook With(Contact contact, IEnumerable<string> uniqueProperties)
    {
        var unique = uniqueProperties.ToList();
        var before = Find(contact.Id) is { } former ? Keys(former, unique) : [];
        var after = Keys(contact, unique);
        return new ContactBook(
            ById.SetItem(contact.Id, contact),
            ByUniqueValue.RemoveRange(before.Except(after)).SetItems(after.Select(key => KeyValuePair.Create(key, contact.Id))));
    }

    private static List<(string Property, string Value)> Keys(Contact contact, List<string> uniqueProperties)
    {
        if (contact.Archived) return [];
        var emails = contact.Emails.Select(email => (PropertyNames.Email, email));
        var others = uniqueProperties
            .Where(name => name != PropertyNames.Email && contact.Properties.ContainsKey(name))
            .Select(name => (name, contact.Properties[name]));
        return [.. emails, .. others];
    }
}
