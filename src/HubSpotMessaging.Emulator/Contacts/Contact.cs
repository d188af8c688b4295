using System.Collections.Immutable;
using System.Globalization;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Contacts;

internal sealed record Contact(
    long Id, ImmutableDictionary<string, string> Properties, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, bool Archived)
{
    public string IdText => Id.ToString(CultureInfo.InvariantCulture);

    public string? Email => Properties.GetValueOrDefault(PropertyNames.Email);

    /// <summary>The primary address and the secondary ones: each of them finds the contact.</summary>
    public IEnumerable<string> Emails =>
        Split(Properties.GetValueOrDefault(PropertyNames.AdditionalEmails)).Prepend(Email ?? "").Where(email => email.Length > 0);

    public static string NormalizeEmail(string email) => email.Trim().ToLowerInvariant();

    public static Contact Create(long id, DateTimeOffset now) => new(
        id,
        ImmutableDictionary<string, string>.Empty
            .Add(PropertyNames.ObjectId, id.ToString(CultureInfo.InvariantCulture))
            .Add(PropertyNames.CreateDate, now.ToWire()),
        now,
        now,
        Archived: false);

    public Contact With(IEnumerable<KeyValuePair<string, string>> values, DateTimeOffset now)
    {
        var properties = Properties.ToBuilder();
        foreach (var (name, value) in values)
        {
            if (value.Length == 0) properties.Remove(name);
            else properties[name] = value;
        }

        properties[PropertyNames.LastModifiedDate] = now.ToWire();
        return this with { Properties = properties.ToImmutable(), UpdatedAt = now };
    }

    private static string[] Split(string? addresses) =>
        [.. (addresses ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Select(NormalizeEmail)];
}
