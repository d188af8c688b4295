namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>Something to be measured.</summary>
internal interface IScenario
{
    string Name { get; }

    /// <summary>In a few words, for the progress.</summary>
    string About { get; }

    Task RunAsync(BenchmarkRun run);
}
