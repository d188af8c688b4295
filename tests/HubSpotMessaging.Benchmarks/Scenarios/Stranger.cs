using System.Net.Http.Headers;
using HubSpotMessaging.Benchmarks.Stages;

namespace HubSpotMessaging.Benchmarks.Scenarios;

/// <summary>Somebody else who has this app's tokens and spends its quota on reads, evenly.</summary>
internal static class Stranger
{
    /// <summary>Its calls, as the emulator knows them.</summary>
    public const string Calls = "*/contacts/stranger";

    public static async Task SpendAsync(Stage stage, int inWindow, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = stage.HubSpot.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stage.Grant.AccessToken);
        using var timer = new PeriodicTimer(StageSettings.Window / inWindow, TimeProvider.System);
        try
        {
            do
            {
                using var answer = await http.GetAsync(new Uri("crm/v3/objects/contacts/stranger?idProperty=email", UriKind.Relative), stop);
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Enough.
        }
    }
}
