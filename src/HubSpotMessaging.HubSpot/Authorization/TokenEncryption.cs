using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// Encrypts the tokens at rest by ASP.NET Data Protection, when that is switched on. Tokens that stand there in the clear are read
/// either way.
/// </summary>
public sealed class TokenEncryption(IOptions<TokenEncryptionOptions> options)
{
    private const string Purpose = "HubSpotMessaging.Tokens";

    /// <summary>What every payload of Data Protection begins with, and no token does: a fixed header, as base64url.</summary>
    private const string Mark = "CfDJ8";

    private readonly Lock _gate = new();
    private IDataProtector? _protector;

    /// <summary>What to store for a token.</summary>
    internal string Encrypt(string token) => options.Value.IsOn ? Protector(isStale: false).Protect(token) : token;

    /// <summary>Whether what is stored is encrypted if it is to be, and not if not.</summary>
    internal bool IsAsItShouldBe(string stored) => options.Value.IsOn == IsEncrypted(stored);

    /// <summary>The token that was stored; null when it cannot be decrypted here.</summary>
    internal string? Decrypt(string stored)
    {
        if (!IsEncrypted(stored))
            return stored;
        if (!options.Value.IsOn)
            return null;

        try
        {
            return Protector(isStale: false).Unprotect(stored);
        }
        catch (CryptographicException)
        {
            return DecryptWithNewerKeys(stored);
        }
    }

    private static bool IsEncrypted(string stored) => stored.StartsWith(Mark, StringComparison.Ordinal);

    /// <summary>Another replica may have made a key since the ring was read, which is otherwise done once a day.</summary>
    private string? DecryptWithNewerKeys(string stored)
    {
        try
        {
            return Protector(isStale: true).Unprotect(stored);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector Protector(bool isStale)
    {
        lock (_gate)
            return _protector = _protector is null || isStale ? Load(options.Value) : _protector;
    }

    internal static IDataProtector Load(TokenEncryptionOptions options) => DataProtectionProvider
        .Create(new DirectoryInfo(options.KeyRing!), protection =>
        {
            protection.SetApplicationName("HubSpotMessaging"); // Else it would be the folder of the program, which may move.
            if (!string.IsNullOrEmpty(options.Certificate))
                protection.ProtectKeysWithCertificate(X509CertificateLoader.LoadPkcs12FromFile(options.Certificate, options.CertificatePassword));
        })
        .CreateProtector(Purpose);
}
