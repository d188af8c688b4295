using MassTransit;

namespace HubSpotMessaging.Service.Waiting;

/// <summary>Waits by the delayed redelivery of a bus that has it, such as MassTransit's in-memory one.</summary>
internal sealed class DelayedRedelivery : IDelay
{
    public Task SendAsync<T>(ConsumeContext<T> context, TimeSpan after, IReadOnlyDictionary<string, string?> headers)
        where T : class =>
        context.Redeliver(after, (_, copy) =>
        {
            foreach (var (header, value) in headers)
                copy.Headers.Set(header, value);
        });
}
