using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Limits;

/// <summary>A limit by HubSpot's name for it, and the words of its 429.</summary>
internal sealed record RatePolicy(string? Name, string Message)
{
    public static RatePolicy TenSecondlyRolling { get; } =
        new("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.");

    public static RatePolicy Secondly { get; } = new("SECONDLY", "You have reached your secondly limit.");

    public static RatePolicy Daily { get; } = new("DAILY", "You have reached your daily limit.");

    /// <summary>The one of the OAuth endpoints.</summary>
    public static RatePolicy Unnamed { get; } = new(Name: null, "You have reached your rate limit.");

    public static RatePolicy Named(string? name) =>
        new[] { TenSecondlyRolling, Secondly, Daily }.FirstOrDefault(policy => policy.Name == (name ?? TenSecondlyRolling.Name)) ??
        Unnamed with { Name = name };

    public ErrorBody ToBody(long? portalId) => new(Message)
    {
        ErrorType = "RATE_LIMIT",
        PolicyName = Name,
        GroupName = this == TenSecondlyRolling ? $"publicapi:oauth-api-calls-ten-secondly:{portalId}" : null,
        RequestId = this == TenSecondlyRolling ? null : Guid.NewGuid().ToString("D"),
    };
}
