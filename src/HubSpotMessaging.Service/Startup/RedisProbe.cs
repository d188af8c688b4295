using StackExchange.Redis;

namespace HubSpotMessaging.Service.Startup;

/// <summary>Finds out before the start whether Redis is there and keeps what it is given.</summary>
internal sealed class RedisProbe(IServiceProvider services)
{
    private const string Key = "ConnectionStrings:Redis";

    public async Task CheckAsync()
    {
        // A connection of its own: only an administrator may ask a server about itself, and only here.
        var configuration = services.GetSettings<ServerOptions>().RedisConfiguration();
        configuration.AllowAdmin = true;
        configuration.AbortOnConnectFail = true;
        configuration.ConnectRetry = 1;

        var where = string.Join(", ", configuration.EndPoints.Select(EndPointCollection.ToString));
        if (configuration.ServiceName is { Length: > 0 } service)
            where = $"{service}, by the Sentinel {where},";
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(configuration);
            await redis.GetDatabase().PingAsync();
            foreach (var server in redis.GetServers().Where(server => server.IsConnected))
            {
                EnsureItIsNoCluster(where, server);
                EnsureItKeeps(where, await server.InfoAsync("memory"));
            }
        }
        catch (RedisConnectionException exception) when (new TlsTrouble().In(exception) is { } tls)
        {
            throw new StartupException($"{Key}: Redis at {where} cannot be spoken to over TLS: {tls}");
        }
        catch (RedisConnectionException exception) when (exception.FailureType == ConnectionFailureType.AuthenticationFailure)
        {
            throw new StartupException($"{Key}: Redis at {where} refuses the user name or the password.");
        }
        catch (RedisServerException exception)
        {
            throw new StartupException($"{Key}: Redis at {where} refuses: {exception.Message}");
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
        {
            throw new StartupException($"{Key}: Redis at {where} cannot be reached.", mayPass: true);
        }
    }

    /// <summary>The scripts change keys together that a cluster keeps apart.</summary>
    private static void EnsureItIsNoCluster(string where, IServer server)
    {
        if (server.ServerType == ServerType.Cluster)
            throw new StartupException($"{Key}: Redis at {where} is a cluster. Use a single server, or a primary with replicas and Sentinel.");
    }

    private static void EnsureItKeeps(string where, IGrouping<string, KeyValuePair<string, string>>[] info)
    {
        var policy = info.SelectMany(section => section).FirstOrDefault(entry => entry.Key == "maxmemory_policy").Value;
        if (policy is not (null or "noeviction"))
            throw new StartupException(
                $"{Key}: Redis at {where} throws keys away when its memory is full (maxmemory-policy {policy}). "
                + "Set it to noeviction: tokens and the record of what was sent must not vanish.");
    }
}
