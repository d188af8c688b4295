using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Line;

/// <summary>
/// Notices over all replicas that the same rejection meets more than half of the last hundred commands of a type: an administrator has added
/// a required property, for example. That is the line's trouble and not the commands', so they wait until an operator resumes them, instead of
/// ending in the dead letters one by one.
/// </summary>
public sealed class RejectionTally(IConnectionMultiplexer redis, IOptions<Delivery.DeliveryOptions> options, TimeProvider time) : BackgroundService
{
    /// <summary>The owner of its reasons, which operators end.</summary>
    public const string Owner = "rejections";

    private const string Prefix = "hubspot:rejections:";
    private const int Outcomes = 100;

    /// <summary>What has succeeded is told no later than this.</summary>
    private static readonly TimeSpan BetweenTellings = TimeSpan.FromSeconds(1);

    private static readonly RedisScript Script = RedisScript.Beside<RejectionTally>("line", "tally");

    private readonly ConcurrentDictionary<string, int> _successes = new(StringComparer.Ordinal);

    /// <summary>A command has done its work, or has ended for a reason that says nothing of others. Told to the other replicas a little later.</summary>
    public void Succeed(string command) => _successes.AddOrUpdate(command, 1, (_, count) => Math.Min(count + 1, Outcomes));

    /// <summary>A command is to be rejected.</summary>
    /// <param name="command">Its type.</param>
    /// <param name="category">The category.</param>
    /// <param name="properties">The properties that something is wrong with.</param>
    /// <returns>Whether it is to wait instead, because the line is paused for that.</returns>
    /// <exception cref="RedisException">Redis cannot be reached.</exception>
    public async Task<bool> RejectAsync(string command, string category, IEnumerable<string?> properties)
    {
        var rejections = properties.Distinct(StringComparer.Ordinal).DefaultIfEmpty(null).Select(property => new Rejection(category, property)).ToList();
        return await TellAsync(command, rejections);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(BetweenTellings, time, stoppingToken);
            try
            {
                foreach (var command in _successes.Keys)
                    await TellAsync(command, []);
            }
            catch (Exception exception) when (exception is RedisException or RedisTimeoutException)
            {
                // The next ones will do.
            }
        }
    }

    private async Task<bool> TellAsync(string command, IReadOnlyList<Rejection> rejections)
    {
        _successes.TryRemove(command, out var successes);
        if (successes == 0 && rejections.Count == 0)
            return false;

        var reasons = rejections.Select(rejection => new PauseReason(Owner, "SameRejection", command) { Detail = rejection.ToString() }).ToList();
        return (bool)await Script.RunAsync(
            redis.GetDatabase(),
            [LineStore.Key, Outbox.Key, $"{Prefix}{command}:outcomes", $"{Prefix}{command}:counts", $"{Prefix}{command}:paused-for"],
            [
                Outcomes, options.Value.PauseAtRejections, successes,
                .. reasons.Zip(rejections).SelectMany(each => new RedisValue[]
                {
                    each.Second.ToString(), each.First.Field, LineStore.ValueOf(each.First), new LinePaused(each.First).ToText(),
                }),
            ]);
    }

    /// <summary>What counts as the same.</summary>
    private sealed record Rejection(string Category, string? Property)
    {
        public override string ToString() => Property is null ? Category : $"{Category}: {Property}";
    }
}
