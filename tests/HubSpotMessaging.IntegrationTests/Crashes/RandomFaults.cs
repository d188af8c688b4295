using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.IntegrationTests.Crashes;

/// <summary>
/// Lets one batch in so many go wrong, each time in another way, until it is disposed of. A 207 needs no fault: each command that only HubSpot
/// knows to be wrong makes one.
/// </summary>
internal sealed class RandomFaults : IAsyncDisposable
{
    private const string Upserts = "*/contacts/batch/upsert";

    /// <summary>
    /// Only in a body with more than one contact. What HubSpot says of a lone one would be about its command, which may well be rejected for
    /// it; what it says of a batch must not.
    /// </summary>
    private const string BetweenContacts = "}},{";

    private readonly Fault[] _kinds =
    [
        new() { Kind = FaultKind.Status, Status = 400, Category = "VALIDATION_ERROR", Match = new() { Path = Upserts, BodyContains = BetweenContacts } },
        new() { Kind = FaultKind.BatchConflict, Match = new() { Path = Upserts, BodyContains = BetweenContacts } },
        new() { Kind = FaultKind.EmptySuccess, Match = new() { Path = Upserts, BodyContains = BetweenContacts } },
        new() { Kind = FaultKind.Html, Status = 502, Match = new() { Path = Upserts } },
        new() { Kind = FaultKind.Reset, Match = new() { Path = Upserts } },
        new() { Kind = FaultKind.AnswerLost, Match = new() { Path = Upserts } },
        new() { Kind = FaultKind.Truncated, Match = new() { Path = Upserts } },
    ];

    private readonly CancellationTokenSource _ended = new();
    private readonly FaultBook _faults;
    private readonly Random _random;
    private readonly int _every;
    private readonly Task _running;
    private int _hits;

    /// <param name="faults">The emulator's.</param>
    /// <param name="seed">Of the order of the faults and of the distances between them.</param>
    /// <param name="every">How many calls there are for each fault, on average.</param>
    public RandomFaults(FaultBook faults, int seed, int every)
    {
        (_faults, _random, _every) = (faults, new(seed), every);
        _running = RunAsync();
    }

    /// <summary>Each kind in turn, so that each has struck when there were as many as kinds.</summary>
    public void ShouldHaveStruck()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{_hits} faults");
        _hits.ShouldBeGreaterThanOrEqualTo(_kinds.Length);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task RunAsync()
    {
        for (var number = 0; ; number = (number + 1) % _kinds.Length)
        {
            if (number == 0)
                _random.Shuffle(_kinds);
            var active = _faults.Add(_kinds[number] with { Times = 1, Skip = _random.Next(2 * _every) });
            try
            {
                await active.WhenHitAsync(cancellationToken: _ended.Token);
                _hits++;
            }
            finally
            {
                _faults.Remove(active.Id);
            }
        }
    }
}
