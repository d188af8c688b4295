using System.Collections.Concurrent;
using System.Diagnostics;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.IntegrationTests.Secrecy;

[assembly: AssemblyFixture(typeof(SpanWatch))]

namespace HubSpotMessaging.IntegrationTests.Secrecy;

/// <summary>
/// Sees every span of this process with all that it carries, but for the emulator's, which is somebody else. A code, a token or the
/// client secret in one fails the test that runs, and at the latest the run.
/// </summary>
public sealed class SpanWatch : IDisposable
{
    private const int Kept = 10_000;

    private readonly SecretScan _scan = new([Installation.ClientSecret]);
    private readonly ConcurrentQueue<Span> _spans = new();
    private readonly ActivityListener _listener;

    public SpanWatch()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name != EmulatorServer.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            SampleUsingParentId = (ref ActivityCreationOptions<string> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Keep,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The last spans, in the order in which they ended.</summary>
    internal IReadOnlyList<Span> Seen => [.. _spans];

    /// <summary>Forgets the spans so far.</summary>
    internal void Clear() => _spans.Clear();

    public void Dispose()
    {
        _listener.Dispose();
        LeaksFailTestsAttribute.ThrowIfAny(); // What turned up after the end of the last test.
    }

    private void Keep(Activity activity)
    {
        var span = Span.Of(activity);
        Leaks.Report(_scan.Find("span", span.Text));
        _spans.Enqueue(span);
        if (_spans.Count > Kept)
            _spans.TryDequeue(out _);
    }
}
