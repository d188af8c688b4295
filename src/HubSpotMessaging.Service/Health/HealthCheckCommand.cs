using System.Globalization;

namespace HubSpotMessaging.Service.Health;

/// <summary>
/// <c>dotnet HubSpotMessaging.Service.dll healthcheck</c>: asks the service that runs beside it, in the same container, whether it is
/// ready. So that an image needs neither a shell nor curl for its health check.
/// </summary>
internal static class HealthCheckCommand
{
    public const string Name = "healthcheck";

    private static readonly TimeSpan AnswerMayTake = TimeSpan.FromSeconds(8);

    /// <returns>0 when it is ready; 1 when it is not, or does not answer.</returns>
    public static async Task<int> RunAsync()
    {
        var readiness = new Uri(Address(new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").Build()), HealthEndpoints.ReadyPath);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = AnswerMayTake };
        try
        {
            using var answer = await http.GetAsync(readiness);
            Console.WriteLine(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{readiness} does not answer: {exception.Message}");
            return 1;
        }
    }

    /// <summary>Where the service listens, by the variables that tell the service itself; over loopback.</summary>
    internal static Uri Address(IConfiguration configuration)
    {
        var port = configuration["URLS"] is { Length: > 0 } urls
            ? urls.Split(';').Where(url => url.StartsWith("http:", StringComparison.OrdinalIgnoreCase)).Select(BindingAddress.Parse).FirstOrDefault()?.Port
            : ushort.TryParse(configuration["HTTP_PORTS"]?.Split(';')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : null;
        return new UriBuilder("http", "127.0.0.1", port ?? 5000).Uri;
    }
}
