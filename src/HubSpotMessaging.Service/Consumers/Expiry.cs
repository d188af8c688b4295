using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Delivery;

namespace HubSpotMessaging.Service.Consumers;

/// <summary>When a command is not worth delivering any more.</summary>
internal static class Expiry
{
    public static bool HasExpired(this IHubSpotCommand command, TimeProvider time) => command.ExpiresAt <= time.GetUtcNow();

    public static DeliveryRefusedException Expired(this IHubSpotCommand command) =>
        new(RejectionCategories.Expired, $"The command expired at {command.ExpiresAt:u} before it could be delivered.");
}
