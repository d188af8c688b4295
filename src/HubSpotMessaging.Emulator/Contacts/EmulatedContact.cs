using HubSpotMessaging.Emulator.Contacts;

namespace HubSpotMessaging.Emulator;

/// <summary>A contact as the emulator holds it.</summary>
/// <param name="PortalId">The account it belongs to.</param>
/// <param name="Id">The record id.</param>
/// <param name="Properties">Every property that has a value.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="UpdatedAt">When it was last written.</param>
/// <param name="Archived">Whether it was deleted.</param>
public sealed record EmulatedContact(
    long PortalId,
    string Id,
    IReadOnlyDictionary<string, string> Properties,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    bool Archived)
{
    internal static EmulatedContact From(long portalId, Contact contact) =>
        new(portalId, contact.IdText, contact.Properties, contact.CreatedAt, contact.UpdatedAt, contact.Archived);
}
