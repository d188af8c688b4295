using System.Globalization;
using System.Text;
using System.Text.Json;
using HubSpotMessaging.Emulator.Contacts;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Timeline;

/// <summary>Turns what was sent into an event on a contact's timeline, or says what is wrong with it.</summary>
internal sealed class EventReader(EventTemplateRegistry templates, EventTypeRegistry types, TimeProvider clock)
{
    private const int MaximumIdBytes = 500;
    private const int MaximumTokenBytes = 510 * 1024;
    private const int MaximumEventBytes = 1024 * 1024;

    public TimelineEvent ReadTemplateEvent(long portalId, ContactTransaction contacts, EventInput input)
    {
        var template = templates.Find(input.EventTemplateId ?? "") ??
            throw RefusedException.Invalid($"Event template {input.EventTemplateId} does not exist");
        var id = (input.Id ?? "{{uuid}}").Replace("{{uuid}}", Guid.NewGuid().ToString("D"), StringComparison.Ordinal);
        return Read(portalId, contacts, input, id, new Values("Token", "tokens", input.Tokens, template.Tokens)) with { EventTemplateId = template.Id };
    }

    public TimelineEvent ReadAppEvent(long portalId, ContactTransaction contacts, EventInput input)
    {
        var type = types.Find(input.EventTypeName ?? "") ??
            throw RefusedException.Invalid($"Event type {input.EventTypeName} does not exist");
        if (string.IsNullOrEmpty(input.Id)) throw RefusedException.Unset("id");
        return Read(portalId, contacts, input, input.Id, new Values("Property", "properties", input.Properties, type.Properties)) with { EventTypeName = type.Name };
    }

    private TimelineEvent Read(long portalId, ContactTransaction contacts, EventInput input, string id, Values values)
    {
        if (Encoding.UTF8.GetByteCount(id) > MaximumIdBytes)
            throw RefusedException.Invalid($"The event id is longer than {MaximumIdBytes} bytes");
        var tokens = values.Read();
        if (JsonSerializer.SerializeToUtf8Bytes(input, HubSpotJson.Options).Length > MaximumEventBytes)
            throw RefusedException.Invalid("The event is larger than 1 MB");

        return new TimelineEvent
        {
            PortalId = portalId,
            Id = id,
            Email = input.Email,
            Utk = input.Utk,
            Tokens = tokens,
            ExtraData = input.ExtraData,
            TimelineIFrame = input.TimelineIFrame,
            Timestamp = input.Timestamp ?? clock.GetUtcNow(),
            ObjectId = FindContact(contacts, input),
        };
    }

    private static string? FindContact(ContactTransaction contacts, EventInput input)
    {
        var email = string.IsNullOrEmpty(input.Email) ? null : Contact.NormalizeEmail(input.Email);
        if (email is not null && !PropertyRules.IsEmail(email)) throw RefusedException.Invalid($"Email address {input.Email} is invalid");
        if (!string.IsNullOrEmpty(input.ObjectId)) return FindContact(contacts, input.ObjectId, email);
        if (email is not null) return (contacts.Book.FindByEmail(email) ?? contacts.Create(EmailOnly(email)).Contact)!.IdText;
        if (!string.IsNullOrEmpty(input.Utk)) return null;
        throw RefusedException.Invalid("One of email, objectId or utk is required");
    }

    /// <summary>An address that comes with a record id becomes the contact's own.</summary>
    private static string FindContact(ContactTransaction contacts, string objectId, string? newEmail)
    {
        var contact = long.TryParse(objectId, CultureInfo.InvariantCulture, out var id) ? contacts.Book.Find(id) : null;
        if (contact is not { Archived: false }) throw RefusedException.Invalid($"Object {objectId} does not exist");
        if (newEmail is null) return contact.IdText;

        var outcome = contacts.Update(contact, EmailOnly(newEmail));
        return outcome.Contact?.IdText ?? throw outcome.Problem!.ToRefusal();
    }

    private static Dictionary<string, string?> EmailOnly(string email) =>
        new(StringComparer.Ordinal) { [PropertyNames.Email] = email };

    /// <summary>What an event tells, in the words of its API: a v3 event has tokens, an app event properties.</summary>
    private sealed record Values(string Noun, string Field, Dictionary<string, string?>? Given, IReadOnlyList<string> Known)
    {
        public Dictionary<string, string> Read()
        {
            var values = (Given ?? throw RefusedException.Unset(Field))
                .ToDictionary(value => value.Key, value => value.Value ?? "", StringComparer.Ordinal);
            if (values.Keys.FirstOrDefault(name => !Known.Contains(name, StringComparer.Ordinal)) is { } unknown)
                throw RefusedException.Invalid($"{Noun} {unknown} does not exist");
            if (values.FirstOrDefault(value => Encoding.UTF8.GetByteCount(value.Value) > MaximumTokenBytes) is { Key: { } large })
                throw RefusedException.Invalid($"{Noun} {large} is larger than 510 KB");
            return values;
        }
    }
}
