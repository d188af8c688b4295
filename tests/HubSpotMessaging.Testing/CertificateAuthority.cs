using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HubSpotMessaging.Testing;

/// <summary>A certificate authority of a test's own, which nobody trusts who is not told to.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(2);

    private readonly X509Certificate2 _certificate;

    /// <summary>Makes one.</summary>
    /// <param name="name">Its common name.</param>
    public CertificateAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _certificate = request.CreateSelfSigned(Now - Lifetime, Now + Lifetime);
    }

    /// <summary>The certificate by which it is trusted.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Certifies a server with this host name.</summary>
    public ServerCertificate Issue(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Issue(host, key);
    }

    /// <summary>Certifies the key that another authority has certified.</summary>
    public ServerCertificate IssueAgain(string host, ServerCertificate other)
    {
        ArgumentNullException.ThrowIfNull(other);
        using var key = ECDsa.Create();
        key.ImportFromPem(other.Key);
        return Issue(host, key);
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private ServerCertificate Issue(string host, ECDsa key)
    {
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        using var certificate = request.Create(_certificate, Now - (Lifetime / 2), Now + (Lifetime / 2), RandomNumberGenerator.GetBytes(8));
        return new(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}

/// <summary>What a server shows, and the key to it, as PEM.</summary>
public sealed record ServerCertificate(string Certificate, string Key);
