using HubSpotMessaging.Emulator;
using HubSpotMessaging.Sandbox.Samples;
using MassTransit;

namespace HubSpotMessaging.Sandbox.Delivery;

/// <summary>
/// Publishes commands and waits for what becomes of each: a few one after the other, so that each can be followed; many at the same
/// time, but those of one contact in their order, since an enrolment must find the contact there.
/// </summary>
/// <param name="bus">Where commands are published.</param>
/// <param name="inbox">Where outcomes arrive.</param>
/// <param name="hubSpot">The other end of the road.</param>
/// <param name="patience">How long an outcome may take; null for as long as it takes.</param>
internal sealed class Courier(IBus bus, Inbox inbox, EmulatorServer hubSpot, TimeSpan? patience)
{
    private const int AtATime = 64;

    public async Task DeliverAsync(IReadOnlyList<Sample> samples, Scoreboard board, Ledger ledger, CancellationToken cancellationToken)
    {
        var width = board.TellsOfEach ? 1 : AtATime;
        using var window = new SemaphoreSlim(width);
        var last = new Dictionary<string, Task>(StringComparer.Ordinal);
        var all = new List<Task>(samples.Count);
        try
        {
            foreach (var sample in samples)
            {
                // What goes wrong at HubSpot must strike this command and no other: it has the whole window.
                var places = sample.Fault is null ? 1 : width;
                for (var place = 0; place < places; place++)
                    await window.WaitAsync(cancellationToken);

                var before = Task.WhenAll(SubjectsOf(sample).Select(subject => last.GetValueOrDefault(subject, Task.CompletedTask)));
                var delivery = DeliverOneAsync(sample, before, places);
                foreach (var subject in SubjectsOf(sample))
                    last[subject] = delivery;
                all.Add(delivery);
            }
        }
        finally
        {
            await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(all);

        async Task DeliverOneAsync(Sample sample, Task before, int places)
        {
            try
            {
                await before;
                var calls = board.TellsOfEach ? new CallWatch(hubSpot) : null;
                board.Sent(sample, calls);
                var delivered = await DeliverAsync(sample, calls, cancellationToken);
                ledger.Enter(delivered);
                board.HasEnded(delivered);
            }
            finally
            {
                window.Release(places);
            }
        }
    }

    private async Task<Delivered> DeliverAsync(Sample sample, CallWatch? calls, CancellationToken cancellationToken)
    {
        var fault = sample.Fault is null ? null : hubSpot.Faults.Add(sample.Fault);
        try
        {
            var outcome = await SendAsync(sample, cancellationToken);
            return new(sample, outcome, calls?.Answers ?? "", Difference(sample, outcome, fault));
        }
        finally
        {
            if (fault is not null)
                hubSpot.Faults.Remove(fault.Id);
        }
    }

    private async Task<Outcome?> SendAsync(Sample sample, CancellationToken cancellationToken)
    {
        var outcome = inbox.NextAsync(sample.Command.CommandId!);
        await bus.Publish(sample.Command, sample.Command.GetType(), cancellationToken);
        try
        {
            return await outcome.WaitAsync(patience ?? Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private string? Difference(Sample sample, Outcome? outcome, ActiveFault? fault) => outcome switch
    {
        null => $"no outcome came in {patience?.TotalSeconds} seconds",
        _ when fault is { Hits: 0 } => "the fault met no call",
        _ => sample.Expectation?.DifferenceFrom(outcome),
    };

    /// <summary>What no two commands may be about at the same time.</summary>
    private static IEnumerable<string> SubjectsOf(Sample sample) =>
        sample.Email is { } email ? [$"id {Inbox.Key(sample.Command.CommandId!)}", $"contact {email}"] : [$"id {Inbox.Key(sample.Command.CommandId!)}"];
}
