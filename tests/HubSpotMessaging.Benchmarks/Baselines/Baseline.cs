using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace HubSpotMessaging.Benchmarks.Baselines;

/// <summary>A baseline as a process of its own, so that its processor time and memory are its own too.</summary>
internal static class Baseline
{
    /// <summary>The hidden first argument; the second is <see cref="BaselineOptions"/> as JSON.</summary>
    public const string Verb = "baseline";

    /// <summary>The line that it writes when it consumes.</summary>
    public const string Ready = "The baseline consumes.";

    public const string Naive = "naive";
    public const string Floor = "floor";

    public static async Task<int> RunAsync(string json)
    {
        var options = JsonSerializer.Deserialize<BaselineOptions>(json)!;
        using var http = new HttpClient { BaseAddress = options.HubSpot };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.AccessToken);

        var stopped = new TaskCompletionSource();
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stopped.TrySetResult();
        });
        await using IAsyncDisposable consumer = options.Kind == Naive
            ? await NaiveConsumer.StartAsync(options, http)
            : await FloorConsumer.StartAsync(options, http);
        Console.WriteLine(Ready);
        await stopped.Task;
        return 0;
    }
}

/// <summary>What a baseline needs to know.</summary>
/// <param name="Kind"><see cref="Baseline.Naive"/> or <see cref="Baseline.Floor"/>.</param>
/// <param name="RabbitMq">The broker.</param>
/// <param name="HubSpot">The emulator.</param>
/// <param name="AccessToken">Good for as long as it runs.</param>
/// <param name="RateLimit">Requests in a window; null for no limit.</param>
/// <param name="Window">The length of the window.</param>
internal sealed record BaselineOptions(string Kind, string RabbitMq, Uri HubSpot, string AccessToken, int? RateLimit, TimeSpan Window);
