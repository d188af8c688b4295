using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// Encryption of the two tokens in Redis, by ASP.NET Data Protection. Off unless a key ring is named, since other readers of the four
/// keys expect plain strings. Configuration section <c>Tokens:Encryption</c>.
/// </summary>
public sealed class TokenEncryptionOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string Section = "Tokens:Encryption";

    /// <summary>
    /// The directory of the key ring, the same for all replicas, and kept for as long as the tokens are: whoever loses it connects
    /// anew. Not set by default: no encryption.
    /// </summary>
    public string? KeyRing { get; set; }

    /// <summary>A PKCS #12 file (.pfx) with a certificate and its private key, which encrypts the key ring itself. Default none.</summary>
    public string? Certificate { get; set; }

    /// <summary>The password of <see cref="Certificate"/>.</summary>
    public string? CertificatePassword { get; set; }

    internal bool IsOn => !string.IsNullOrEmpty(KeyRing);
}

/// <summary>Tries the key ring, so that a wrong setting ends the start and not the first refresh.</summary>
internal sealed class TokenEncryptionOptionsValidator : IValidateOptions<TokenEncryptionOptions>
{
    public ValidateOptionsResult Validate(string? name, TokenEncryptionOptions options)
    {
        if (!options.IsOn)
            return string.IsNullOrEmpty(options.Certificate)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail("Tokens:Encryption:KeyRing is missing: the directory of the keys that Tokens:Encryption:Certificate protects.");

        if (!string.IsNullOrEmpty(options.Certificate) && !File.Exists(options.Certificate))
            return ValidateOptionsResult.Fail($"Tokens:Encryption:Certificate: there is no file {options.Certificate}.");
        if (!Directory.Exists(options.KeyRing))
            return ValidateOptionsResult.Fail($"Tokens:Encryption:KeyRing: there is no directory {options.KeyRing}.");

        try
        {
            TokenEncryption.Load(options).Protect("try");
            return ValidateOptionsResult.Success;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return ValidateOptionsResult.Fail(string.IsNullOrEmpty(options.Certificate)
                ? $"Tokens:Encryption:KeyRing: {options.KeyRing} cannot be used: {exception.Message}"
                : $"Tokens:Encryption:KeyRing: {options.KeyRing} cannot be used with the certificate {options.Certificate}: {exception.Message}");
        }
    }
}
