using CsCheck;
using HubSpotMessaging.Sandbox;
using StackExchange.Redis;

namespace HubSpotMessaging.UnitTests.HubSpot.Delivery;

/// <summary>
/// Whatever commands come, in whichever order and batches, at two replicas, and whatever HubSpot answers: coalescer, write guard and the
/// reading of answers, all of them real, never disagree with the plainest model of contacts.
/// </summary>
public sealed class DeliveryModelTests
{
    private static readonly Gen<Command> Commands = Gen.Select(
        Gen.Int[0, 4], Gen.Int[0, 6], Gen.Int[0, 7], Gen.Frequency((9, Gen.Const(false)), (1, Gen.Const(true))), Gen.Frequency((6, Gen.Const(1)), (1, Gen.Const(2))),
        (contact, minute, properties, isBad, times) => new Command(contact, minute, properties, isBad, times));

    private static readonly Gen<Scenario> Scenarios = Gen.Select(
        Commands.Array[1, 25], Gen.Int[1, 25].Array[0, 3], Gen.Enum<Trouble>().Array[0, 8], (commands, waves, troubles) => new Scenario(commands, waves, troubles));

    [Fact]
    public async Task Every_outcome_is_the_truth_and_of_each_property_the_newest_value_stays()
    {
        using var embedded = await EmbeddedRedis.StartAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(embedded.Configuration);
        var run = 0;

        // A scenario that fails names its seed, which the environment variable CsCheck_Seed repeats.
        await Scenarios.SampleAsync(
            async scenario =>
            {
                await using var world = new DeliveryWorld(redis, $"run{Interlocked.Increment(ref run)}", scenario);
                await world.RunAsync();
            },
            iter: 200,
            threads: 1,
            print: scenario => scenario.ToString());
    }
}

/// <summary>A command for one of a few contacts.</summary>
/// <param name="Contact">Which one.</param>
/// <param name="Minute">Since when it is true; several may be of one moment.</param>
/// <param name="Names">Three properties, a bit each; perhaps none.</param>
/// <param name="IsBad">Whether HubSpot refuses it.</param>
/// <param name="Times">How often it is delivered.</param>
internal sealed record Command(int Contact, int Minute, int Names, bool IsBad, int Times)
{
    private static readonly string[] All = ["a", "b", "c"];

    public IEnumerable<string> Properties => All.Where((_, position) => (Names & (1 << position)) != 0);
}

/// <summary>Commands, after how many of them one waits for all that came before, and what goes wrong with the first calls.</summary>
internal sealed record Scenario(IReadOnlyList<Command> Commands, IReadOnlyList<int> Waves, IReadOnlyList<Trouble> Troubles)
{
    public override string ToString() => $"{string.Join('\n', Commands)}\n{string.Join(',', Waves)}\n{string.Join(' ', Troubles)}";
}

/// <summary>What may happen to a call.</summary>
internal enum Trouble
{
    None,
    RefusesAsAWhole,
    NamesIdsOnly,
    Conflict,
    InternalError,
    Unavailable,
    RateLimited,
    Empty,
    Unreadable,
    OmitsOne,
    AnswerLost,
    Reset,
}
