namespace HubSpotMessaging.Emulator.Contacts;

/// <summary>A contact on the wire.</summary>
internal sealed record ContactView(
    string Id, IReadOnlyDictionary<string, string?> Properties, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, bool Archived)
{
    private static readonly string[] Always = [PropertyNames.ObjectId, PropertyNames.CreateDate, PropertyNames.LastModifiedDate];
    private static readonly string[] Usual = [PropertyNames.Email, "firstname", "lastname"];

    public DateTimeOffset? ArchivedAt { get; init; }
    public bool? New { get; init; }
    public string? ObjectWriteTraceId { get; init; }
    public string? Url { get; init; }

    /// <summary>A contact as read: the properties asked for (null when they have no value), or the usual ones.</summary>
    public static ContactView Read(Contact contact, long portalId, IReadOnlyList<string> properties, PropertyRegistry definitions)
    {
        var shown = properties.Count == 0 ? Usual : properties.Where(name => definitions.Find(name) is not null);
        return From(contact, portalId, shown.Distinct().ToDictionary(name => name, name => contact.Properties.GetValueOrDefault(name)));
    }

    /// <summary>A contact as written: the address and what the write touched.</summary>
    public static ContactView Written(Contact contact, long portalId, IEnumerable<string> touched)
    {
        var shown = touched.Append(PropertyNames.Email).Distinct().Where(contact.Properties.ContainsKey);
        return From(contact, portalId, shown.ToDictionary(name => name, string? (name) => contact.Properties[name]));
    }

    private static ContactView From(Contact contact, long portalId, Dictionary<string, string?> properties)
    {
        foreach (var name in Always) properties[name] = contact.Properties.GetValueOrDefault(name);
        return new ContactView(contact.IdText, properties, contact.CreatedAt, contact.UpdatedAt, contact.Archived)
        {
            ArchivedAt = contact.Archived ? contact.UpdatedAt : null,
            Url = $"https://app.hubspot.com/contacts/{portalId}/record/0-1/{contact.IdText}",
        };
    }
}
