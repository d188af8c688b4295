using System.Diagnostics.Metrics;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;

namespace HubSpotMessaging.Service.Telemetry;

/// <summary>What is measured, under the meter <see cref="Meter"/>.</summary>
internal sealed class Metrics
{
    /// <summary>The name of the meter.</summary>
    public const string Meter = "HubSpotMessaging";

    /// <summary>Counts losses of authorization, by <c>reason</c>: once for an installation, at the replica that tells of it.</summary>
    public const string AuthorizationLosses = "hubspot.authorization.losses";

    /// <summary>1 while this replica has a living access token, else 0.</summary>
    public const string Authorized = "hubspot.authorization.available";

    /// <summary>1 for each reason for which this replica does not deliver, by <c>reason</c> and <c>scope</c>.</summary>
    public const string Pauses = "hubspot.line.pauses";

    private readonly Counter<long> _losses;

    public Metrics(IMeterFactory meters, TokenKeeper tokens, DeliveryLine line)
    {
        var meter = meters.Create(Meter);
        _losses = meter.CreateCounter<long>(AuthorizationLosses, "{loss}", "Losses of authorization that needed a person.");
        meter.CreateObservableGauge(Authorized, () => tokens.IsAuthorized ? 1 : 0, description: "Whether there is a living access token.");
        meter.CreateObservableGauge(Pauses, () => line.Reasons.Select(Measure), description: "Reasons for which commands wait.");
    }

    public void AuthorizationLost(AuthorizationLossReason reason) => _losses.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    private static Measurement<int> Measure(PauseReason reason) =>
        new(1, new KeyValuePair<string, object?>("reason", reason.Reason), new KeyValuePair<string, object?>("scope", reason.Scope ?? "all"));
}
