namespace HubSpotMessaging.Contracts;

/// <summary>Delivery stopped for a reason that is not a single command's own; commands wait in their queues.</summary>
public sealed record DeliveryPaused
{
    /// <summary>Why, such as <c>Authorization</c> or <c>HubSpotUnavailable</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>What stopped: the type of one command, or null for everything.</summary>
    public string? Scope { get; init; }

    /// <summary>When it is expected to end, if that is known.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>The reason of a <see cref="DeliveryPaused"/> is gone.</summary>
public sealed record DeliveryResumed
{
    /// <summary>The reason that is gone.</summary>
    public required string Reason { get; init; }

    /// <summary>What it had stopped: the type of one command, or null for everything.</summary>
    public string? Scope { get; init; }
}
