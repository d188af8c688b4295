namespace HubSpotMessaging.Service.Startup;

/// <summary>What the start has found out about RabbitMQ; only there when RabbitMQ is the bus.</summary>
internal sealed class BrokerFacts
{
    /// <summary>The broker's version; null until it has been asked.</summary>
    public Version? Version { get; set; }

    /// <summary>
    /// From 4.0 on quorum queues give up a message after 20 returns unless told otherwise; older ones never do, and refuse to be told.
    /// </summary>
    public bool LimitsDeliveries => Version is { Major: >= 4 };
}
