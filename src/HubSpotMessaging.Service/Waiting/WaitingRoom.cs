using System.Globalization;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.Service.Consumers;
using MassTransit;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Waiting;

/// <summary>
/// Where a command waits that cannot be delivered yet for a reason of its own: not in memory, and in nobody's way. It comes back to its
/// queue after longer and longer, until it has waited for as long as it may.
/// </summary>
internal sealed class WaitingRoom(IDelay delay, IOptions<DeliveryOptions> options, TimeProvider time)
{
    /// <summary>Carries since when a command waits.</summary>
    public const string SinceHeader = "hubspot-waiting-since";

    /// <summary>Carries how often it has waited.</summary>
    public const string CountHeader = "hubspot-waits";

    /// <summary>The waits, one after the other; the last one again and again.</summary>
    public static readonly IReadOnlyList<TimeSpan> Steps =
    [
        TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60),
        TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
    ];

    /// <summary>What ends by itself within a minute mostly ends much sooner.</summary>
    private static readonly TimeSpan LongestForWhatEnds = Steps[1];

    private static readonly TimeSpan Soon = Steps[3];

    /// <summary>Lets a copy of the command wait, which is safe there when this returns. Null when it has waited for long enough.</summary>
    public async Task<TimeSpan?> TryEnterAsync<T>(ConsumeContext<T> context, DeliveryMustWaitException reason)
        where T : class
    {
        var now = time.GetUtcNow();
        var headers = context.Command().Headers.ToDictionary(StringComparer.Ordinal);
        var since = Since(context);
        var count = since is null ? 0 : Count(context);
        TimeSpan wait;
        if (reason.EndsWithin is { } end)
        {
            wait = Step(Steps.Count, end < Soon ? (end < LongestForWhatEnds ? end : LongestForWhatEnds) : Soon);
        }
        else
        {
            var left = options.Value.MaximumWait - (now - (since ?? now));
            if (left <= TimeSpan.Zero)
                return null;

            wait = Step(count, left);
            headers[SinceHeader] = (since ?? now).ToString("O");
            headers[CountHeader] = (count + 1).ToString(CultureInfo.InvariantCulture);
        }

        await delay.SendAsync(context, wait, headers);
        return wait;
    }

    /// <summary>The longest step that its turn and the time allow.</summary>
    internal static TimeSpan Step(int count, TimeSpan atMost) => Steps.Take(count + 1).LastOrDefault(step => step <= atMost, Steps[0]);

    private static DateTimeOffset? Since(ConsumeContext context) =>
        DateTimeOffset.TryParse(context.HeaderText(SinceHeader), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) ? since : null;

    private static int Count(ConsumeContext context) =>
        int.TryParse(context.HeaderText(CountHeader), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
}

/// <summary>Sends a copy of a message back to its queue, after a while.</summary>
internal interface IDelay
{
    /// <summary>When this returns, the copy is safe. It has the body, headers and ids of the message.</summary>
    /// <param name="context">The message.</param>
    /// <param name="after">After how long: one of <see cref="WaitingRoom.Steps"/>.</param>
    /// <param name="headers">What the copy carries besides.</param>
    Task SendAsync<T>(ConsumeContext<T> context, TimeSpan after, IReadOnlyDictionary<string, string?> headers)
        where T : class;
}

internal static class WaitingExtensions
{
    /// <param name="services">The services.</param>
    /// <param name="onRabbitMq">Whether the bus is RabbitMQ; otherwise one with a delayed redelivery of its own.</param>
    public static void AddWaiting(this IServiceCollection services, bool onRabbitMq)
    {
        services.AddSingleton<WaitingRoom>();
        if (onRabbitMq)
            services.AddSingleton<IDelay, WaitQueues>();
        else
            services.AddSingleton<IDelay, DelayedRedelivery>();
    }
}
