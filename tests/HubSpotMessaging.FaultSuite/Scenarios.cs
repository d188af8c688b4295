using System.Diagnostics;
using System.Globalization;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Servers;

namespace HubSpotMessaging.FaultSuite;

/// <summary>A fault, or some of a kind.</summary>
/// <param name="Name">Its name.</param>
/// <param name="About">What happens, in a few words.</param>
/// <param name="RunAsync">Lets it happen, and ends it.</param>
internal sealed record Scenario(string Name, string About, Func<Ground, CancellationToken, Task> RunAsync)
{
    /// <summary>What it happens on, and what has to be cleared up afterwards.</summary>
    public Func<(Lay Lay, IAsyncDisposable? Besides)> Prepare { get; init; } = () => (new(), null);

    /// <summary>Why it cannot be run on this machine; null when it can.</summary>
    public Func<string?> Missing { get; init; } = () => null;
}

/// <summary>All of them.</summary>
internal static class Scenarios
{
    private const string Upserts = "*/contacts/batch/upsert";

    public static readonly IReadOnlyList<Scenario> All =
    [
        new("calm", "nothing, for comparison", (_, stop) => Wait(10, stop)),
        new("kill", "each replica is killed (SIGKILL) and started again", KillEachAsync),
        new("kill-all", "all replicas are killed at once, twice", KillAllAsync),
        new("freeze", "a replica stands still (SIGSTOP) for 20 s, then another one", FreezeAsync),
        new("broker-restart", "RabbitMQ is stopped, and started again after 5 s", BrokerRestartAsync),
        new("broker-kill", "RabbitMQ is killed, and started again after 5 s", BrokerKillAsync),
        new("redis-restart", "Redis is killed, and started again with its append-only file after 5 s, twice", RedisRestartAsync),
        new("redis-failover", "the Redis master is killed, and a sentinel promotes its replica", RedisFailoverAsync)
        {
            Prepare = () => (new Lay { Sentinel = PutSentinelAsync }, null),
        },
        new("redis-disk-full", "the disk of Redis is full for 8 s: it ends itself, and is started again when there is room", DiskFullAsync)
        {
            Prepare = SmallDisk.Prepare,
            Missing = SmallDisk.Missing,
        },
        new("cuts", "connections of the replicas to RabbitMQ, Redis and HubSpot are cut every half second", CutAsync),
        new("stalls", "the ways of the replicas stand still for 3 s, one after the other, without a connection being closed", StallAsync),
        new("slow-network", "every way of the replicas takes 50 ms in either direction", SlowNetworkAsync),
        new("latency", "HubSpot takes 1.5 s, and one call in five three times as long", LatencyAsync),
        new("hubspot", "HubSpot answers one call in six with one of fifteen faults", HubSpotAsync),
        new("hubspot-down", "HubSpot is down (503) for 15 s, moves the account (477), and has its day spent (429)", HubSpotDownAsync),
        new("tight", "no more than HubSpot's 110 calls in 10 s; each replica is killed and started again, and no call is answered 429", TightAsync)
        {
            Prepare = () => (new Lay { RateLimit = 110 }, null),
        },
        new("clock", "the clock of a replica jumps an hour ahead, then four minutes back", ClockAsync)
        {
            Prepare = FakeTime.Prepare,
            Missing = FakeTime.Missing,
        },
    ];

    /// <returns>0 when every scenario was clean.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<Scenario> scenarios, int rate, Report report, CancellationToken stop)
    {
        foreach (var scenario in scenarios)
        {
            if (stop.IsCancellationRequested)
                break;
            Report.Say($"{scenario.Name}: {scenario.About}");
            try
            {
                report.Add(scenario.Missing() is { } missing ? Failed(scenario, missing) : await RunAsync(scenario, rate, stop));
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure) // The others are worth knowing.
            {
                Report.Say($"  {failure}");
                report.Add(Failed(scenario, failure.Message.Split('\n')[0]));
            }
        }

        return await report.FinishAsync();
    }

    /// <summary>Load, then the fault under the load, then the end of both, then the comparison.</summary>
    public static async Task<Row> RunAsync(Scenario scenario, int rate, CancellationToken stop)
    {
        var (lay, besides) = scenario.Prepare();
        await using var cleared = besides ?? new Nothing();
        await using var ground = await Ground.OpenAsync(lay);
        var ledger = new Ledger(ground.Bus);
        await using var load = new Load(ground.Bus, rate, stop);
        using var followed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var following = ledger.FollowAsync(followed.Token);
        if (!await ledger.UntilToldAsync(rate * 2, TimeSpan.FromSeconds(30), stop))
            throw new InvalidOperationException($"There is no delivery to disturb. {Tail(ground)}");

        ledger.ForgetSilence();
        await scenario.RunAsync(ground, stop);
        ground.HubSpot.Faults.Clear();
        await Wait(3, stop);
        await load.EndAsync();
        var wrong = ground.Wrong;
        if (!await ledger.UntilToldAsync(load.Orders.Count, TimeSpan.FromSeconds(120), stop))
            wrong.Add($"after two minutes {load.Orders.Count - ledger.Outcomes.Count} have no outcome");
        await UntilAcknowledgedAsync(ground, stop);
        foreach (var replica in ground.All)
            if (await replica.StopAsync() is var code and not 0)
                wrong.Add($"a replica ended with {code}");
        await followed.CancelAsync();
        await following;
        ledger.Read();
        wrong.AddRange(await Audit.FindAsync(load.Orders, ledger, ground));
        if (wrong.Count > 0)
            await KeepAsync(scenario, ground);
        var rejected = ledger.Outcomes.Values.Count(told => told[0].IsRejected);
        var unknown = ledger.Outcomes.Values.Count(told => told[0].Category == "OUTCOME_UNKNOWN");
        return new(
            scenario.Name, scenario.About, load.Orders.Count, rejected - unknown, unknown, ledger.Outcomes.Values.Sum(told => told.Count - 1), ledger.LongestSilence, wrong);
    }

    /// <summary>What was told of already may still be worked at again, when whoever told was killed before he could acknowledge it.</summary>
    private static async Task UntilAcknowledgedAsync(Ground ground, CancellationToken stop)
    {
        for (var attempt = 0; attempt < 60; attempt++)
        {
            var queues = await ground.RabbitMq.ControlAsync(["list_queues", "--quiet", "-p", Uri.UnescapeDataString(new Uri(ground.RabbitMq.Uri).AbsolutePath[1..]), "name", "messages"], stop);
            if (queues.Split('\n').Select(line => line.Split('\t')).Where(queue => AmqpClient.Queues.Concat(AmqpClient.WaitQueues).Contains(queue[0])).All(queue => queue[1] == "0"))
                return;
            await Wait(1, stop);
        }

        ground.Wrong.Add("after a minute not everything is acknowledged");
    }

    /// <summary>For whoever looks for the cause.</summary>
    private static async Task KeepAsync(Scenario scenario, Ground ground)
    {
        var directory = Directory.CreateTempSubdirectory($"hubspot-faults-{scenario.Name}-");
        foreach (var (number, replica) in ground.All.Index())
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, $"replica-{number + 1}.log"), replica.Output);
        Report.Say($"  what the replicas wrote is in {directory}");
    }

    private static Row Failed(Scenario scenario, string why) => new(scenario.Name, scenario.About, 0, 0, 0, 0, TimeSpan.Zero, [why]);

    private static string Tail(Ground ground) => string.Join("\n---\n", ground.All.Select(replica => string.Join('\n', replica.Output.TrimEnd().Split('\n').TakeLast(8))));

    private static Task Wait(double seconds, CancellationToken stop) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, stop);

    private static async Task KillEachAsync(Ground ground, CancellationToken stop)
    {
        foreach (var replica in ground.All)
        {
            await replica.KillAsync();
            await Wait(1, stop);
            await replica.StartAsync();
            await Wait(2, stop);
        }
    }

    private static async Task KillAllAsync(Ground ground, CancellationToken stop)
    {
        for (var time = 0; time < 2; time++)
        {
            await Task.WhenAll(ground.All.Select(replica => replica.KillAsync()));
            await Task.WhenAll(ground.All.Select(replica => replica.StartAsync()));
            await Wait(5, stop);
        }
    }

    /// <summary>Longer than the lease of a request, so that others take over what it had, and it wakes up with answers that are out of date.</summary>
    private static async Task FreezeAsync(Ground ground, CancellationToken stop)
    {
        foreach (var replica in ground.All.Take(2))
        {
            replica.Freeze();
            await Wait(20, stop);
            replica.Thaw();
            await Wait(3, stop);
        }
    }

    private static async Task BrokerRestartAsync(Ground ground, CancellationToken stop)
    {
        await ground.RabbitMq.StopAsync(stop);
        await Wait(5, stop);
        await ground.RabbitMq.StartAgainAsync(stop);
        await Wait(8, stop);
    }

    private static async Task BrokerKillAsync(Ground ground, CancellationToken stop)
    {
        await ground.RabbitMq.KillAsync(stop);
        await Wait(5, stop);
        await ground.RabbitMq.StartAgainAsync(stop);
        await Wait(8, stop);
    }

    private static async Task RedisRestartAsync(Ground ground, CancellationToken stop)
    {
        for (var time = 0; time < 2; time++)
        {
            await ground.Redis.KillAsync(stop);
            await Wait(5, stop);
            await ground.Redis.StartAsync(stop);
            await Wait(5, stop);
        }
    }

    private static async Task<string> PutSentinelAsync(Ground ground)
    {
        ground.Besides.Add(await Ground.StartRedisAsync("--replicaof", "127.0.0.1", ground.RedisPort.ToString(CultureInfo.InvariantCulture), "--repl-diskless-sync-delay", "0"));
        var sentinel = new LocalSentinel(Ground.RedisProgram, "mymaster", ground.Redis.Address);
        ground.Besides.Add(sentinel);
        await sentinel.StartAsync(CancellationToken.None);
        await Wait(12, CancellationToken.None); // Until it has found the replica, which the master tells every ten seconds.
        return $"{sentinel.Address},serviceName=mymaster";
    }

    private static async Task RedisFailoverAsync(Ground ground, CancellationToken stop)
    {
        await ground.Redis.KillAsync(stop);
        await Wait(20, stop);
        if (!(await ground.Besides.OfType<LocalSentinel>().Single().LogTailAsync()).Contains("+switch-master", StringComparison.Ordinal))
            ground.Wrong.Add("no sentinel has switched the master");
    }

    private static async Task DiskFullAsync(Ground ground, CancellationToken stop)
    {
        var filler = SmallDisk.Fill();
        await Wait(8, stop);
        File.Delete(filler);
        if (ground.Redis.HasExited)
            await ground.Redis.StartAsync(stop);
        else
            Report.Say("  Redis lived on");
        await Wait(5, stop);
    }

    private static async Task CutAsync(Ground ground, CancellationToken stop)
    {
        var ways = ground.All.SelectMany(replica => replica.Ways).ToArray();
        var random = new Random(1);
        for (var time = 0; time < 30; time++)
        {
            var way = ways[random.Next(ways.Length)];
            way.Cut();
            await Wait(0.5, stop);
            way.Mend();
        }
    }

    private static async Task StallAsync(Ground ground, CancellationToken stop)
    {
        foreach (var way in ground.All.Take(2).SelectMany(replica => replica.Ways))
        {
            way.Stall();
            await Wait(3, stop);
            way.Resume();
            await Wait(0.5, stop);
        }
    }

    private static async Task SlowNetworkAsync(Ground ground, CancellationToken stop)
    {
        foreach (var way in ground.All.SelectMany(replica => replica.Ways))
            way.Delay = TimeSpan.FromMilliseconds(50);
        await Wait(20, stop);
        foreach (var way in ground.All.SelectMany(replica => replica.Ways))
            way.Delay = TimeSpan.Zero;
    }

    private static async Task LatencyAsync(Ground ground, CancellationToken stop)
    {
        ground.HubSpot.Settings.LatencyMilliseconds = 1_500;
        for (var time = 0; time < 20; time++)
        {
            ground.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Latency, Milliseconds = 3_000, Times = 1, Skip = 4 });
            await Wait(1, stop);
        }

        ground.HubSpot.Settings.LatencyMilliseconds = 20;
    }

    private static async Task HubSpotAsync(Ground ground, CancellationToken stop)
    {
        const string Several = "}},{"; // What HubSpot says of a lone contact would be about its command, which may well be rejected for it.
        Fault[] kinds =
        [
            new() { Kind = FaultKind.Status, Status = 400, Category = "VALIDATION_ERROR", Match = new() { Path = Upserts, BodyContains = Several } },
            new() { Kind = FaultKind.BatchConflict, Match = new() { Path = Upserts, BodyContains = Several } },
            new() { Kind = FaultKind.EmptySuccess, Match = new() { Path = Upserts, BodyContains = Several } },
            new() { Kind = FaultKind.Status, Status = 500 },
            new() { Kind = FaultKind.Status, Status = 503 },
            new() { Kind = FaultKind.Html, Status = 502 },
            new() { Kind = FaultKind.Status, Status = 429, RetryAfter = 2 },
            new() { Kind = FaultKind.Reset },
            new() { Kind = FaultKind.AnswerLost },
            new() { Kind = FaultKind.Truncated },
            new() { Kind = FaultKind.Latency, Milliseconds = 6_000 },
            new() { Kind = FaultKind.Unauthorized },
            new() { Kind = FaultKind.Locked },
            new() { Kind = FaultKind.RateLimited },
            new() { Kind = FaultKind.RateLimited, RetryAfter = 1 },
        ];
        var random = new Random(2);
        var started = TimeProvider.System.GetTimestamp();
        ground.HubSpot.ExpireAccessTokens(Ground.Portal); // Once: tokens that die as soon as they are given out mean that a person is needed.
        while (TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(45))
        {
            // Of the token endpoint only what does not mean that a person must connect the service anew.
            if (random.Next(15) == 0)
                ground.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Status, Status = 503, Times = 1, Match = new() { Path = "/oauth/*" } });
            var fault = kinds[random.Next(kinds.Length)];
            var path = (string[])["/crm/*", "/crm/*", "/automation/*"];
            ground.HubSpot.Faults.Add(fault with { Times = 1, Skip = random.Next(6), Match = fault.Match ?? new() { Path = path[random.Next(path.Length)] } });
            await Wait(0.3, stop);
        }
    }

    private static async Task HubSpotDownAsync(Ground ground, CancellationToken stop)
    {
        var faults = ground.HubSpot.Faults;
        foreach (var (fault, seconds) in ((Fault, int)[])
        [
            (new() { Kind = FaultKind.Status, Status = 503 }, 15),
            (new() { Kind = FaultKind.PortalMigrating, RetryAfter = 3 }, 5),
            (new() { Kind = FaultKind.RateLimited, PolicyName = "DAILY", RetryAfter = 3 }, 5),
        ])
        {
            faults.Add(fault);
            await Wait(seconds, stop);
            faults.Clear();
            await Wait(5, stop);
        }
    }

    private static async Task TightAsync(Ground ground, CancellationToken stop)
    {
        await KillEachAsync(ground, stop);
        await Wait(10, stop);
        if (ground.HubSpot.Calls.Count(call => call.Status == 429) is var refused and > 0)
            ground.Wrong.Add($"{refused} calls were answered 429");
    }

    private static async Task ClockAsync(Ground _, CancellationToken stop)
    {
        foreach (var jump in (string[])["+3600", "+0", "-240"])
        {
            FakeTime.Jump(jump);
            await Wait(8, stop);
        }
    }

    private sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>A disk of a few megabytes for Redis, in memory.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const string Size = "48m";
    private static string _directory = "";

    public static string? Missing() => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess ? null : "a small disk can be mounted by root on Linux only";

    public static (Lay Lay, IAsyncDisposable? Besides) Prepare()
    {
        _directory = Directory.CreateTempSubdirectory("hubspot-faults-disk-").FullName;
        Run("mount", "-t", "tmpfs", "-o", $"size={Size}", "tmpfs", _directory);
        return (new Lay { RedisDirectory = _directory }, new SmallDisk());
    }

    /// <returns>The file that takes up all the room there is.</returns>
    public static string Fill()
    {
        var file = Path.Combine(_directory, "filler");
        using var stream = File.Create(file);
        try
        {
            for (var block = new byte[4096]; ;)
            {
                stream.Write(block);
                stream.Flush();
            }
        }
        catch (IOException)
        {
            return file;
        }
    }

    public ValueTask DisposeAsync()
    {
        Run("umount", _directory);
        Directory.Delete(_directory);
        return ValueTask.CompletedTask;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }
}

/// <summary>A clock that can be set, for one process: libfaketime's (on Debian the package faketime).</summary>
internal static class FakeTime
{
    private static string _file = "";

    private static string? Library => ((string[])["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib64/faketime/libfaketimeMT.so.1"])
        .FirstOrDefault(File.Exists);

    public static string? Missing() => Library is null ? "there is no libfaketime (on Debian the package faketime)" : null;

    public static (Lay Lay, IAsyncDisposable? Besides) Prepare()
    {
        _file = Path.Combine(Directory.CreateTempSubdirectory("hubspot-faults-clock-").FullName, "clock");
        Jump("+0");
        var environment = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = Library!,
            ["FAKETIME_TIMESTAMP_FILE"] = _file,
            ["FAKETIME_NO_CACHE"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            ["DONT_FAKE_MONOTONIC"] = "1",
            ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0", // Left to itself it guesses by a measurement, and guessed wrong the timers of .NET spin.
        };
        return (new Lay { ReplicaEnvironment = number => number == 0 ? environment : null }, null);
    }

    /// <param name="offset">In seconds, with a sign.</param>
    public static void Jump(string offset)
    {
        File.WriteAllText($"{_file}.new", offset);
        File.Move($"{_file}.new", _file, overwrite: true);
    }
}
