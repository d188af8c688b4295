using StackExchange.Redis;

namespace HubSpotMessaging.Service.Startup;

/// <summary>The two servers. Configuration section <c>ConnectionStrings</c>.</summary>
internal sealed class ServerOptions
{
    public const string Section = "ConnectionStrings";

    /// <summary>An <c>amqp(s)://</c> URI with user, password and virtual host.</summary>
    public string RabbitMq { get; set; } = "";

    /// <summary>StackExchange.Redis's form: <c>host:port,...</c>.</summary>
    public string Redis { get; set; } = "";

    public ConfigurationOptions RedisConfiguration()
    {
        var configuration = ConfigurationOptions.Parse(Redis);
        configuration.AbortOnConnectFail = false; // Reconnects by itself, also when Redis is not there yet.
        configuration.ReconnectRetryPolicy = new ExponentialRetry(500, 3_000); // Commands wait for it.
        configuration.ClientName ??= "HubSpotMessaging";
        // Ways of this client to agree on a primary without Sentinel. They would want rights on a key and a channel of its own.
        (configuration.TieBreaker, configuration.ConfigurationChannel) = ("", "");
        return configuration;
    }
}
