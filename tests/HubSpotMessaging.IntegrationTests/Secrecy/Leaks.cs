using System.Collections.Concurrent;

namespace HubSpotMessaging.IntegrationTests.Secrecy;

/// <summary>The secrets that turned up where none may be, during the test that runs.</summary>
internal static class Leaks
{
    private static readonly ConcurrentQueue<string> Found = new();

    /// <summary>
    /// Lets the test fail once it is over, beside whatever else it fails of: an exception out of a <c>DisposeAsync</c> would hide
    /// that.
    /// </summary>
    public static void Report(IEnumerable<string> leaks)
    {
        foreach (var leak in leaks)
            Found.Enqueue(leak);
    }

    /// <summary>What was reported since the last time.</summary>
    public static IReadOnlyList<string> Take()
    {
        var taken = new List<string>();
        while (Found.TryDequeue(out var leak))
            taken.Add(leak);
        return taken;
    }
}
