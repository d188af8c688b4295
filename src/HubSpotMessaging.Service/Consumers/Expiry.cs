using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>When a command is not worth delivering any more.</summary>
internal static class Expiry
{
    public static bool HasExpired(this IHubSpotCommand command, TimeProvider time) => command.ExpiresAt <= time.GetUtcNow();

    public static string WhyExpired(this IHubSpotCommand command) => $"The command expired at {command.ExpiresAt:u} before it could be delivered.";
}
