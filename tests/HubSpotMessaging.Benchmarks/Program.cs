using HubSpotMessaging.Benchmarks;
using HubSpotMessaging.Benchmarks.Baselines;

return args is [Baseline.Verb, var options] ? await Baseline.RunAsync(options) : await BenchmarkCommand.RunAsync(args);
