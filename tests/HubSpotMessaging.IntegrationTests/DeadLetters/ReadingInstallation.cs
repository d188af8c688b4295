using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.IntegrationTests.DeadLetters;

/// <summary>One installation that reads its dead letters, for the tests of a class: each begins without any, and with the line open.</summary>
public sealed class ReadingInstallation(Servers servers) : IAsyncLifetime
{
    private Installation? _installation;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask; // Perhaps none of its tests is to run.

    public async ValueTask DisposeAsync()
    {
        if (_installation is not null)
            await _installation.EndAsync();
    }

    internal async Task<(Installation Installation, OperatorApi Api, ErrorQueue Errors)> BeginAsync()
    {
        _installation ??= (await Installation.StartAsync(servers, settings => settings["DeadLetters__Read"] = "true")).Share();
        var api = new OperatorApi(_installation.Address);
        await api.BeginAsync();
        return (_installation, api, await ErrorQueue.ConnectAsync(_installation.Settings["ConnectionStrings__RabbitMq"]!));
    }
}

internal static class RejectionExtensions
{
    /// <summary>A contact with a property that HubSpot does not know, as a dead letter.</summary>
    public static async Task<string> RejectAsync(this Installation installation, OperatorApi api, string command, string email, string property)
    {
        await installation.Bus.PublishAsync("SyncContact", $$$"""
            {"commandId":"{{{command}}}","occurredAt":"2026-10-01T11:00:00Z","email":"{{{email}}}","properties":{"firstname":"Ada","{{{property}}}":"burger"}}
            """);
        await installation.Bus.OutcomeAsync("CommandRejected", command);
        await api.HasAsync(1, $"property={property}");
        return (string)(await api.ListAsync($"property={property}"))[0]["id"]!;
    }

    /// <summary>An administrator adds the property.</summary>
    public static void AddProperty(this Installation installation, string name) =>
        installation.HubSpot.Put(new PropertyDefinition { Name = name, Type = PropertyType.Text });

    public static EmulatedContact? Contact(this Installation installation, string email) =>
        installation.HubSpot.Contacts.SingleOrDefault(contact => contact.Properties["email"] == email);
}
