using System.Diagnostics.Metrics;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.IntegrationTests.Authorization;
using HubSpotMessaging.Service.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace HubSpotMessaging.IntegrationTests.Announcements;

/// <summary>What an alarm can be made of.</summary>
public sealed class MetricsTests(Servers servers) : IAsyncLifetime
{
    private readonly List<(string Name, double Value, string Tags)> _measured = [];
    private Replicas _replicas = null!;

    public async ValueTask InitializeAsync() => _replicas = await Replicas.StartAsync(servers.Redis);

    public ValueTask DisposeAsync() => _replicas.DisposeAsync();

    [Fact]
    public async Task Losses_authorization_and_pauses_are_measured()
    {
        using var factory = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var listener = Listen();
        var replica = _replicas.Add();
        var (keeper, line) = (replica.GetRequiredService<TokenKeeper>(), replica.GetRequiredService<DeliveryLine>());
        line.Follow([]);
        var metrics = new Metrics(factory.GetRequiredService<IMeterFactory>(), keeper, line);

        Measure().ShouldBe([(Metrics.Authorized, 0, "")]);
        await _replicas.GrantAsync(keeper);
        line.Follow([new("scopes", "MissingScope", "EnrollInWorkflow")]);
        Measure().ShouldBe([(Metrics.Authorized, 1, ""), (Metrics.Pauses, 1, "reason=MissingScope scope=EnrollInWorkflow")]);
        metrics.AuthorizationLost(AuthorizationLossReason.Revoked);
        _measured.ShouldContain((Metrics.AuthorizationLosses, 1, "reason=Revoked"));

        List<(string, double, string)> Measure()
        {
            _measured.Clear();
            listener.RecordObservableInstruments();
            return [.. _measured];
        }
    }

    private MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == Metrics.Meter)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        return listener;
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measured.Add((instrument.Name, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
}
