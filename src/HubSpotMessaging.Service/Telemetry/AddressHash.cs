using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Telemetry;

/// <summary>
/// Stands for an e-mail address in logs and spans: the same on every replica, so that lines about one contact can be found, and of
/// no use to whoever reads them without the key.
/// </summary>
internal sealed partial class AddressHash(IOptions<HubSpotOptions> options)
{
    private readonly byte[] _key = SHA256.HashData(Encoding.UTF8.GetBytes("address-hash:" + options.Value.ClientSecret));

    /// <summary>The hash of an address; null of none.</summary>
    public string? Of(string? email) => email is null ? null
        : Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(EmailAddress.Normalize(email))))[..16];

    /// <summary>A text of somebody else's, such as a command id, with a hash in place of each address in it.</summary>
    public string? In(string? text) => text is null ? null : Address().Replace(text, match => Of(match.Value)!);

    [GeneratedRegex(@"[^\s@,;:<>""']+@[^\s@,;:<>""']+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
