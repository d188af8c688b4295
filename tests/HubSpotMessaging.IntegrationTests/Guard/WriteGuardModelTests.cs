using CsCheck;

namespace HubSpotMessaging.IntegrationTests.Guard;

/// <summary>Any order of anything that can happen to requests, against a HubSpot that remembers what arrived.</summary>
public sealed class WriteGuardModelTests(Servers servers)
{
    private static readonly Gen<Scenario> Scenarios = Gen.Select(
        Gen.Select(Gen.Int[0, 1], Gen.Int[0, 4], Gen.Int[1, 7], Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true))))
            .Select((contact, minute, names, isRefused) => (contact, minute, names, isRefused)).Array[2, 7],
        Gen.Select(Gen.Enum<Happening>(), Gen.Int[0, 99]).Array[10, 60],
        (commands, steps) => new Scenario(
            [.. commands.Select((command, key) => new Command(command.contact, Guards.At(command.minute, $"key-{key}"), command.names, command.isRefused))],
            steps));

    [Fact]
    public async Task In_no_order_does_an_older_value_overwrite_a_newer_one_and_in_each_everything_is_delivered()
    {
        await using var guards = await Guards.StartAsync(servers.Redis);
        var run = 0;

        // One that fails names its seed, which the environment variable CsCheck_Seed repeats.
        await Scenarios.SampleAsync(
            async scenario =>
            {
                var world = new World(guards, $"run-{Interlocked.Increment(ref run)}", scenario.Commands);
                foreach (var (happening, choice) in scenario.Steps)
                    await world.StepAsync(happening, choice);
                await world.EndAsync();
            },
            iter: 300,
            threads: 1,
            print: scenario => scenario.ToString());
    }

    private sealed record Scenario(IReadOnlyList<Command> Commands, IReadOnlyList<(Happening Happening, int Choice)> Steps)
    {
        public override string ToString() => $"{string.Join('\n', Commands)}\n{string.Join(' ', Steps)}";
    }
}
