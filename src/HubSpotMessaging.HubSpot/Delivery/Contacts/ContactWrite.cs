using HubSpotMessaging.HubSpot.Delivery.Guard;

namespace HubSpotMessaging.HubSpot.Delivery.Contacts;

/// <summary>What a command wants written to a contact.</summary>
/// <param name="Email">The contact's identity, trimmed and lower-cased.</param>
/// <param name="Properties">Internal names and values; null clears. Properties that are not named stay as they are.</param>
/// <param name="Version">Since when it is true.</param>
public sealed record ContactWrite(string Email, IReadOnlyDictionary<string, string?> Properties, WriteVersion Version);

/// <summary>What came of a <see cref="ContactWrite"/>.</summary>
/// <param name="ContactId">HubSpot's record id.</param>
/// <param name="Result">What came of it.</param>
/// <param name="SkippedProperties">The properties that were not written because something newer is known.</param>
public sealed record ContactWritten(string ContactId, ContactWriteResult Result, IReadOnlyList<string> SkippedProperties);

/// <summary>What came of a <see cref="ContactWrite"/>.</summary>
public enum ContactWriteResult
{
    /// <summary>The contact was not there and is now.</summary>
    Created,

    /// <summary>The contact was there and has been updated.</summary>
    Updated,

    /// <summary>Everything in it was older than what HubSpot has.</summary>
    Superseded,
}
