using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Startup;

/// <summary>Says of each wrong connection string which one it is. Never repeats it, since it carries a password.</summary>
internal sealed class ServerOptionsValidator(bool usesRabbitMq) : IValidateOptions<ServerOptions>
{
    private const string RabbitMq = "ConnectionStrings:RabbitMq";
    private const string Redis = "ConnectionStrings:Redis";

    public ValidateOptionsResult Validate(string? name, ServerOptions options)
    {
        var failures = Failures(options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private IEnumerable<string> Failures(ServerOptions options)
    {
        if (usesRabbitMq && string.IsNullOrWhiteSpace(options.RabbitMq))
            yield return $"{RabbitMq} is missing: amqp://user:password@host:port/virtual-host.";
        else if (usesRabbitMq && !IsAmqp(options.RabbitMq))
            yield return $"{RabbitMq} is not an AMQP URI: amqp(s)://user:password@host:port/virtual-host is expected, with special characters percent-encoded.";

        if (string.IsNullOrWhiteSpace(options.Redis))
            yield return $"{Redis} is missing: host:port, with options of StackExchange.Redis after commas.";
        else if (!IsRedis(options))
            yield return $"{Redis} cannot be read: host:port is expected, with options of StackExchange.Redis after commas.";
    }

    private static bool IsAmqp(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "amqp" or "amqps"
        && uri.Host.Length > 0
        && uri.AbsolutePath.TrimStart('/').IndexOf('/') < 0;

    private static bool IsRedis(ServerOptions options)
    {
        try
        {
            return !options.Redis.Contains("://", StringComparison.Ordinal) && options.RedisConfiguration().EndPoints.Count > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
