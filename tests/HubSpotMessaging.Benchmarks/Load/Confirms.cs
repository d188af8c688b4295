using RabbitMQ.Client;

namespace HubSpotMessaging.Benchmarks.Load;

internal static class Confirms
{
    /// <summary>Awaited for each message, as many at once as the sender likes: the client's default slows down after 64.</summary>
    public static CreateChannelOptions Unthrottled { get; } = new(
        publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null);
}
