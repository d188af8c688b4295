using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HubSpotMessaging.HubSpot.Authorization;
using static Microsoft.Extensions.Options.Options;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>Tokens at rest.</summary>
public sealed class TokenEncryptionTests : IDisposable
{
    private const string Password = "of the certificate";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hubspot-messaging-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Off_it_keeps_the_plain_strings() =>
        new TokenEncryption(Create(new TokenEncryptionOptions())).Encrypt("na1-token").ShouldBe("na1-token");

    [Fact]
    public void On_it_encrypts_and_still_reads_what_stands_there_in_the_clear()
    {
        var encryption = new TokenEncryption(Create(new TokenEncryptionOptions { KeyRing = _folder.FullName }));

        var stored = encryption.Encrypt("na1-token");

        stored.ShouldNotContain("token");
        encryption.Decrypt(stored).ShouldBe("na1-token");
        encryption.Decrypt("na1-token").ShouldBe("na1-token");
    }

    [Fact]
    public void A_key_that_another_replica_made_since_is_found()
    {
        var options = new TokenEncryptionOptions { KeyRing = _folder.FullName };
        var replica = new TokenEncryption(Create(options));
        replica.Encrypt("read the ring"); // Before the other key is there.
        foreach (var key in _folder.GetFiles("key-*.xml"))
            key.MoveTo($"{key.FullName}.away");

        var stored = new TokenEncryption(Create(options)).Encrypt("na1-token");
        foreach (var key in _folder.GetFiles("*.away"))
            key.MoveTo(key.FullName[..^".away".Length]);

        replica.Decrypt(stored).ShouldBe("na1-token");
    }

    [Fact]
    public void A_certificate_keeps_the_key_ring_itself_from_being_read()
    {
        var options = new TokenEncryptionOptions { KeyRing = _folder.FullName, Certificate = Certificate(), CertificatePassword = Password };
        new TokenEncryptionOptionsValidator().Validate(null, options).Succeeded.ShouldBeTrue();

        var stored = new TokenEncryption(Create(options)).Encrypt("na1-token");

        new TokenEncryption(Create(options)).Decrypt(stored).ShouldBe("na1-token");
        File.ReadAllText(_folder.GetFiles("key-*.xml").Single().FullName).ShouldContain("EncryptedData");
        new TokenEncryption(Create(new TokenEncryptionOptions { KeyRing = _folder.FullName })).Decrypt(stored).ShouldBeNull();
    }

    [Fact]
    public void A_wrong_password_of_the_certificate_ends_the_start_without_repeating_it()
    {
        var options = new TokenEncryptionOptions { KeyRing = _folder.FullName, Certificate = Certificate(), CertificatePassword = "wrong-password" };

        var failure = new TokenEncryptionOptionsValidator().Validate(null, options).FailureMessage!;

        failure.ShouldContain("Tokens:Encryption:");
        failure.ShouldNotContain("wrong-password");
    }

    private string Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=HubSpotMessaging", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var file = Path.Combine(_folder.FullName, "keys.pfx");
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pkcs12, Password));
        return file;
    }
}
