using DotNet.Testcontainers.Configurations;

namespace HubSpotMessaging.Testing.Servers;

/// <summary>Where a server listens with TLS, besides its other port, and what it shows there.</summary>
internal sealed record TlsListener(int Port, ServerCertificate Certificate)
{
    public const string CertificateFile = "server.pem";
    public const string KeyFile = "server.key";
    public const UnixFileModes AnybodyMayWrite =
        UnixFileModes.UserRead | UnixFileModes.UserWrite | UnixFileModes.GroupRead | UnixFileModes.GroupWrite | UnixFileModes.OtherRead | UnixFileModes.OtherWrite;

    /// <summary>Writes the two files.</summary>
    public void WriteTo(string folder)
    {
        File.WriteAllText(Path.Combine(folder, CertificateFile), Certificate.Certificate);
        File.WriteAllText(Path.Combine(folder, KeyFile), Certificate.Key);
    }

    /// <summary>The lines of rabbitmq.conf.</summary>
    public string RabbitMqSettings(string address, string folder) => $"""
        listeners.ssl.default = {address}:{Port}
        ssl_options.certfile = {folder}/{CertificateFile}
        ssl_options.keyfile = {folder}/{KeyFile}
        ssl_options.verify = verify_none
        ssl_options.fail_if_no_peer_cert = false

        """;

    /// <summary>The arguments of redis-server.</summary>
    public string[] RedisArguments(string folder) =>
    [
        "--tls-port", $"{Port}", "--tls-cert-file", $"{folder}/{CertificateFile}", "--tls-key-file", $"{folder}/{KeyFile}", "--tls-auth-clients", "no",
    ];
}
