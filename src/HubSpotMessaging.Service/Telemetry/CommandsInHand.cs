using System.Collections.Concurrent;
using HubSpotMessaging.Service.Bus;

namespace HubSpotMessaging.Service.Telemetry;

/// <summary>The commands that this replica has taken from their queues and not finished yet.</summary>
internal sealed class CommandsInHand(TimeProvider time)
{
    private readonly Dictionary<string, ConcurrentDictionary<object, long>> _queues =
        CommandQueues.All.ToDictionary(queue => queue, _ => new ConcurrentDictionary<object, long>(), StringComparer.Ordinal);

    /// <summary>Takes one into the hand, until it is disposed of.</summary>
    public IDisposable Take(string queue) => new Hold(_queues[queue], time.GetTimestamp());

    /// <summary>How many there are of each queue, and for how long the oldest has been.</summary>
    public IEnumerable<(string Queue, int Count, TimeSpan Oldest)> Look() => _queues.Select(queue =>
    {
        var taken = queue.Value.Values;
        return (queue.Key, taken.Count, taken.Count == 0 ? TimeSpan.Zero : time.GetElapsedTime(taken.Min()));
    });

    private sealed class Hold : IDisposable
    {
        private readonly ConcurrentDictionary<object, long> _queue;

        public Hold(ConcurrentDictionary<object, long> queue, long takenAt)
        {
            _queue = queue;
            _queue[this] = takenAt;
        }

        public void Dispose() => _queue.TryRemove(this, out _);
    }
}
