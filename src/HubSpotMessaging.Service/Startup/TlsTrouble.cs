using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace HubSpotMessaging.Service.Startup;

/// <summary>Tells why a server is not spoken to over TLS, in words that lead to the setting that is wrong.</summary>
internal sealed class TlsTrouble
{
    private string? _certificate;

    /// <summary>Judges a certificate as everybody does, and remembers what is wrong with it, which the client does not tell.</summary>
    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _certificate = errors switch
        {
            SslPolicyErrors.None => null,
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) =>
                $"its certificate is not trusted here ({string.Join(", ", (chain?.ChainStatus ?? []).Select(status => status.Status).Distinct())}).",
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) => "its certificate is for another host name.",
            _ => "it shows no certificate.",
        };
        return _certificate is null;
    }

    /// <summary>What is wrong; null when this exception is about something else.</summary>
    public string? In(Exception exception) => exception switch
    {
        AuthenticationException tls => _certificate ?? tls.Message,
        AggregateException several => several.InnerExceptions.Select(In).FirstOrDefault(found => found is not null),
        { InnerException: { } inner } => In(inner),
        _ => null,
    };
}
