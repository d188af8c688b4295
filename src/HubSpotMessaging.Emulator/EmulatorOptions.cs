using HubSpotMessaging.Emulator.Accounts;
using HubSpotMessaging.Emulator.Contacts;
using HubSpotMessaging.Emulator.Timeline;
using HubSpotMessaging.Emulator.Workflows;

namespace HubSpotMessaging.Emulator;

/// <summary>What an emulator starts with, and returns to on a reset. Section <c>Emulator</c> of the configuration.</summary>
public sealed class EmulatorOptions
{
    /// <summary>The client id of the one app that is registered. Default <c>emulator-client</c>.</summary>
    public string ClientId { get; set; } = "emulator-client";

    /// <summary>The app's secret. Default <c>emulator-secret</c>.</summary>
    public string ClientSecret { get; set; } = "emulator-secret";

    /// <summary>The app's name on the consent page. Default <c>HubSpotMessaging</c>.</summary>
    public string AppName { get; set; } = "HubSpotMessaging";

    /// <summary>The port on 127.0.0.1 for <see cref="EmulatorServer.StartAsync"/>; 0, the default, takes a free one.</summary>
    public int Port { get; set; }

    /// <summary>The one clock of the emulator. Default the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The initial behaviour.</summary>
    public EmulatorSettings Settings { get; set; } = new();

    /// <summary>The accounts (portals) at the start. Default 1234567 "Example Ltd" and 7654321 "Another Inc".</summary>
    public IList<Account> Accounts { get; set; } = [.. DefaultAccounts.All];

    /// <summary>The workflows at the start. Default 1001, 1002 (ends at once) and 1003 (switched off).</summary>
    public IList<Workflow> Workflows { get; set; } = [.. DefaultWorkflows.All];

    /// <summary>The timeline event templates at the start. Default 1001298.</summary>
    public IList<EventTemplate> EventTemplates { get; set; } = [.. DefaultEvents.Templates];

    /// <summary>The app event types at the start. Default <c>ae1234567_order_shipped</c>.</summary>
    public IList<AppEventType> EventTypes { get; set; } = [.. DefaultEvents.Types];

    /// <summary>The contact properties at the start. Default the usual ones of HubSpot and a few custom ones.</summary>
    public IList<PropertyDefinition> Properties { get; set; } = [.. DefaultProperties.All];
}
