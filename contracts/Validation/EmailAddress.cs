namespace HubSpotMessaging.Contracts;

/// <summary>How e-mail addresses are compared: HubSpot trims and lower-cases them, and so do we, before anything else.</summary>
public static class EmailAddress
{
    /// <summary>The longest address that RFC 5321 allows: 64 characters before the @ and 255 after it.</summary>
    public const int MaximumLength = 320;

    /// <summary>The form in which an address is an identity: trimmed and lower-cased.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="email"/> is null.</exception>
    public static string Normalize(string email)
    {
        ArgumentNullException.ThrowIfNull(email);
#pragma warning disable CA1308 // Lower case is what HubSpot stores and answers with.
        return email.Trim().ToLowerInvariant();
#pragma warning restore CA1308
    }

    /// <summary>Whether the text can be an address at all. HubSpot has the last word.</summary>
    internal static bool IsPlausible(string email)
    {
        var address = email.AsSpan().Trim();
        var at = address.IndexOf('@');
        return address.Length <= MaximumLength
            && at > 0
            && at < address.Length - 1
            && address.LastIndexOf('@') == at
            && !address.ContainsAnyExceptInRange('!', '\uffff');
    }
}
