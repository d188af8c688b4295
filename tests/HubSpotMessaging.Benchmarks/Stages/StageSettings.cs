namespace HubSpotMessaging.Benchmarks.Stages;

/// <summary>How HubSpot behaves in a measurement.</summary>
internal sealed record StageSettings
{
    /// <summary>So high that HubSpot's headers promise everything: the way to have no limit that clients can see.</summary>
    public const int Unlimited = 1_000_000;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>Requests in ten seconds. Default 110, as HubSpot's.</summary>
    public int RateLimit { get; init; } = 110;

    /// <summary>How long HubSpot takes to answer, in milliseconds.</summary>
    public int Latency { get; init; }

    /// <summary>The most commands that will be published.</summary>
    public int Commands { get; init; } = 100_000;
}
