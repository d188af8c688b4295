namespace HubSpotMessaging.Emulator.Timeline;

internal sealed class EventTemplateRegistry(EmulatorOptions options)
    : Registry<string, EventTemplate>(options.EventTemplates, template => template.Id);

internal sealed class EventTypeRegistry(EmulatorOptions options)
    : Registry<string, AppEventType>(options.EventTypes, type => type.Name);

internal static class DefaultEvents
{
    private static readonly string[] OrderTokens = ["orderNumber", "carrier", "trackingUrl", "total"];

    public static IReadOnlyList<EventTemplate> Templates { get; } =
        [new() { Id = "1001298", Name = "Order shipped", Tokens = OrderTokens }];

    public static IReadOnlyList<AppEventType> Types { get; } =
        [new() { Name = "ae1234567_order_shipped", Properties = OrderTokens }];
}
