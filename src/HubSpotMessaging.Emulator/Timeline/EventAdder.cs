using HubSpotMessaging.Emulator.Contacts;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Timeline;

/// <summary>Adds events together with the contacts that they bring into being: both, or neither when an event is refused.</summary>
internal sealed class EventAdder(EventReader reader, ContactDirectory contacts, TimelineLog log, EmulatorSettings settings)
{
    /// <summary>The v3 way: the last event with an id wins.</summary>
    public TimelineEvent Add(long portalId, EventInput input) => contacts.Write(portalId, transaction =>
    {
        var added = reader.ReadTemplateEvent(portalId, transaction, input);
        if (!settings.RejectRepeatedTimelineIds) log.Put(added);
        else if (!log.TryAdd([added])) throw RefusedException.Invalid($"An event with id {added.Id} already exists");
        return added;
    });

    /// <summary>The way of app events: all of them are new, or none is accepted.</summary>
    public IReadOnlyList<TimelineEvent> AddOccurrences(long portalId, IReadOnlyList<EventInput> inputs) =>
        contacts.Write(portalId, transaction =>
        {
            var added = inputs.Select(input => reader.ReadAppEvent(portalId, transaction, input)).ToList();
            return log.TryAdd(added) ? added : throw Repeated();
        });

    private static RefusedException Repeated() => new(
        StatusCodes.Status409Conflict,
        new ErrorBody("An occurrence for this event type and occurrence ID already exists. Occurrences are immutable.")
        {
            Category = Categories.Conflict,
        });
}
