using HubSpotMessaging.Contracts;
using HubSpotMessaging.Service.Operators;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Announcements;

/// <summary>
/// Tells a chat or a pager that a person is needed, since an event on the bus that nobody subscribes to is gone. The body has a
/// <c>text</c>, which is what chats show, and the fields of the event.
/// </summary>
internal sealed partial class AlertWebhook(HttpClient http, IOptions<OperatorOptions> options, TimeProvider time, ILogger<AlertWebhook> logger)
{
    private const int Attempts = 3;
    private static readonly TimeSpan AttemptMayTake = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    /// <summary>Whether there is one.</summary>
    public bool IsOn => options.Value.AlertWebhook is not null;

    /// <summary>How long it takes at most.</summary>
    public static TimeSpan MayTake => (AttemptMayTake + BetweenAttempts) * Attempts;

    /// <summary>Tries a few times, and then leaves it at that: the log and the metric say the same.</summary>
    public async Task SendAsync(AuthorizationRequired required, Guid id, CancellationToken cancellationToken)
    {
        if (options.Value.AlertWebhook is not { } address)
            return;

        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            try
            {
                using var patience = new CancellationTokenSource(AttemptMayTake, time);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
                using var response = await http.PostAsJsonAsync(address, BodyOf(required, id), limit.Token);
                if (response.IsSuccessStatusCode)
                    return;
                LogRefused(address.Host, (int)response.StatusCode, attempt, Attempts);
            }
#pragma warning disable CA1031 // An alert that cannot be sent must not keep what comes after it.
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(address.Host, exception.GetType().Name, attempt, Attempts);
            }

            await Task.Delay(BetweenAttempts, time, cancellationToken);
        }
    }

    private static object BodyOf(AuthorizationRequired required, Guid id) => new
    {
        Text = $"HubSpotMessaging: {WordsFor(required)} Commands wait until somebody connects it: {required.ReconnectUrl}",
        Event = nameof(AuthorizationRequired),
        Id = id,
        required.Reason,
        required.PortalId,
        required.ReconnectUrl,
    };

    private static string WordsFor(AuthorizationRequired required) => required.Reason switch
    {
        AuthorizationLossReason.NotYetAuthorized => "the service is not connected to the right HubSpot account.",
        AuthorizationLossReason.ClientRejected => "HubSpot does not accept the client id and secret (HubSpot:ClientId, HubSpot:ClientSecret).",
        _ => $"the service has no access to HubSpot account {required.PortalId} any more.",
    };

    [LoggerMessage(LogLevel.Error, "The alert webhook at {Host} answers with status {Status} (attempt {Attempt} of {Attempts})")]
    private partial void LogRefused(string host, int status, int attempt, int attempts);

    [LoggerMessage(LogLevel.Error, "The alert webhook at {Host} cannot be reached: {Exception} (attempt {Attempt} of {Attempts})")]
    private partial void LogFailed(string host, string exception, int attempt, int attempts);
}
