namespace HubSpotMessaging.Emulator;

/// <summary>A write of a contact that took effect, whether or not whoever sent it was told.</summary>
/// <param name="PortalId">The account the contact belongs to.</param>
/// <param name="ContactId">The record id.</param>
/// <param name="IsNew">Whether the contact was created by it.</param>
/// <param name="Properties">The values it wrote; an empty one cleared the property.</param>
public sealed record ContactWrite(long PortalId, string ContactId, bool IsNew, IReadOnlyDictionary<string, string> Properties);
