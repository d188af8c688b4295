namespace HubSpotMessaging.HubSpot.Api.Contacts;

/// <summary>One contact of a batch upsert.</summary>
public sealed record ContactUpsert
{
    /// <summary>The value of <see cref="IdProperty"/>: the e-mail address, trimmed and lower-cased.</summary>
    public required string Id { get; init; }

    /// <summary>The unique property that identifies the contact.</summary>
    public string IdProperty { get; init; } = "email";

    /// <summary>Unique in its batch. Only when every input has one does HubSpot refuse single inputs instead of the whole batch.</summary>
    public required string ObjectWriteTraceId { get; init; }

    /// <summary>Internal property names and values; an empty string clears. Always with <c>email</c> when that is the identity.</summary>
    public required IReadOnlyDictionary<string, string> Properties { get; init; }
}

/// <summary>A contact as an upsert answers with it.</summary>
public sealed record UpsertedContact
{
    /// <summary>The record id.</summary>
    public string? Id { get; init => field = string.IsNullOrWhiteSpace(value) ? null : value; }

    /// <summary>Whether the contact was created by it.</summary>
    public bool New { get; init; }

    /// <summary>The input's trace id.</summary>
    public string? ObjectWriteTraceId { get; init; }

    /// <summary>Of all the properties, most of them those that were sent, only the one that names the contact: the others are not read.</summary>
    public ContactIdentity? Properties { get; init; }
}

/// <summary>What names a contact.</summary>
/// <param name="Email">May be another than the one sent, when that is a secondary address of the contact.</param>
public sealed record ContactIdentity(string? Email);

/// <summary>A contact as HubSpot answers with it.</summary>
public sealed record Contact
{
    /// <summary>The record id.</summary>
    public string? Id { get; init => field = string.IsNullOrWhiteSpace(value) ? null : value; }

    /// <summary>The properties that were asked for. The <c>email</c> may be another than the one asked by, when that is a
    /// secondary address of the contact.</summary>
    public IReadOnlyDictionary<string, string?> Properties { get; init => field = value ?? new Dictionary<string, string?>(); } = new Dictionary<string, string?>();
}

/// <summary>The body of a batch read.</summary>
public sealed record ContactsRead
{
    /// <summary>The unique property that the inputs name contacts by; null for record ids.</summary>
    public string? IdProperty { get; init; } = "email";

    /// <summary>The contacts, at most 100.</summary>
    public required IReadOnlyList<ContactKey> Inputs { get; init; }

    /// <summary>The properties to answer with.</summary>
    public IReadOnlyList<string> Properties { get; init; } = ["email"];
}

/// <summary>Names one contact of a batch read.</summary>
/// <param name="Id">The value of the id property.</param>
public sealed record ContactKey(string Id);
