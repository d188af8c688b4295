using System.Globalization;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Sandbox.Samples;

namespace HubSpotMessaging.Sandbox.Delivery;

/// <summary>
/// What HubSpot must hold if every outcome is true, and how that differs from what it does hold. Assumes that nobody else writes to
/// it, and that the commands of a contact ended in the order in which they are entered here.
/// </summary>
internal sealed class Ledger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<string, string>> _contacts = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Workflow, string Email), int> _enrollments = [];
    private readonly Dictionary<(string Template, string Id), PostTimelineEvent> _events = [];

    // What may have been done or not: by the contact's address, and by the event's id.
    private readonly HashSet<string> _uncertainContacts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _uncertainEnrollments = new(StringComparer.Ordinal);
    private readonly HashSet<string> _uncertainEvents = new(StringComparer.Ordinal);

    /// <summary>Enters what became of a command.</summary>
    public void Enter(Delivered delivered)
    {
        lock (_lock)
            Enter(delivered.Sample, delivered.Outcome);
    }

    /// <summary>Every difference, in words; none if each outcome was true and nothing was done that no outcome tells of.</summary>
    public IEnumerable<string> DifferencesFrom(EmulatorServer hubSpot) =>
        [.. ContactDifferences(hubSpot.Contacts), .. EnrollmentDifferences(hubSpot.Enrollments), .. EventDifferences(hubSpot.TimelineEvents)];

    private void Enter(Sample sample, Outcome? outcome)
    {
        switch (sample.Command)
        {
            case SyncContact sync when outcome is { IsRejection: false }:
                var skipped = outcome.Fields["skippedProperties"]!.AsArray().Select(property => (string?)property).ToHashSet(StringComparer.Ordinal);
                Write(sample.Email!, sync.Properties.Where(property => !skipped.Contains(property.Key)));
                break;
            case EnrollInWorkflow enroll when outcome is { IsRejection: false }:
                Write(sample.Email!, enroll.Properties ?? new Dictionary<string, string?>());
                var place = ((string)outcome.Fields["workflowId"]!, sample.Email!);
                _enrollments[place] = _enrollments.GetValueOrDefault(place) + 1;
                break;
            case PostTimelineEvent timeline when outcome is { IsRejection: false }:
                if (sample.Email is { } email)
                    Write(email, []); // HubSpot creates the contact where it is missing.
                _events[(timeline.EventType.Trim(), (string)outcome.Fields["eventId"]!)] = timeline;
                break;
            default:
                EnterDoubts(sample, isUnknown: outcome is null or { IsUnknown: true }, mayHaveWritten: outcome is null or { IsBeforeAnyWrite: false });
                break;
        }
    }

    private void EnterDoubts(Sample sample, bool isUnknown, bool mayHaveWritten)
    {
        if (sample.Email is { } email)
        {
            var writes = sample.Command is not EnrollInWorkflow { Properties: null or { Count: 0 } };
            if (writes && (isUnknown || (sample.Command is EnrollInWorkflow && mayHaveWritten)))
                _uncertainContacts.Add(email);
            if (isUnknown && sample.Command is EnrollInWorkflow)
                _uncertainEnrollments.Add(email);
        }

        if (isUnknown)
            _uncertainEvents.Add(sample.Command.CommandId!);
    }

    private void Write(string email, IEnumerable<KeyValuePair<string, string?>> properties)
    {
        if (!_contacts.TryGetValue(email, out var contact))
            _contacts[email] = contact = new(StringComparer.Ordinal);
        foreach (var (name, value) in properties.Where(property => !property.Key.Equals("email", StringComparison.OrdinalIgnoreCase)))
            contact[name] = value ?? "";
    }

    private IEnumerable<string> ContactDifferences(IReadOnlyList<EmulatedContact> held)
    {
        var contacts = held.ToLookup(contact => contact.Properties.GetValueOrDefault("email", ""), StringComparer.Ordinal);
        foreach (var (email, properties) in _contacts.Where(contact => !_uncertainContacts.Contains(contact.Key)))
        {
            if (contacts[email].ToList() is not [var contact])
                yield return $"HubSpot holds {contacts[email].Count()} contacts with the address {email}, not one.";
            else
                foreach (var (name, value) in properties)
                    if (contact.Properties.GetValueOrDefault(name, "") is var actual && !IsSame(actual, value))
                        yield return $"HubSpot holds {name} \"{actual}\" of {email}, not \"{value}\".";
        }

        foreach (var contact in contacts.Where(contact => !_contacts.ContainsKey(contact.Key) && !_uncertainContacts.Contains(contact.Key)))
            yield return $"HubSpot holds a contact {contact.Key}, of which no outcome tells.";
    }

    /// <summary>HubSpot keeps moments and booleans in a form of its own.</summary>
    private static bool IsSame(string held, string sent) =>
        held == sent
        || (bool.TryParse(held, out var heldFlag) && bool.TryParse(sent, out var sentFlag) && heldFlag == sentFlag)
        || (MomentOf(held) is { } moment && moment == MomentOf(sent))
        || (held.Contains(';', StringComparison.Ordinal) && held.Trim(';') == sent.Trim(';'));

    private static DateTimeOffset? MomentOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds is > 100_000_000 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : text.Contains('-', StringComparison.Ordinal) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
                ? moment
                : null;

    private IEnumerable<string> EnrollmentDifferences(IReadOnlyList<Enrollment> held)
    {
        var enrollments = held.Where(entry => entry.Action == EnrollmentAction.Enrolled).ToLookup(entry => ($"{entry.WorkflowId}", entry.Email));
        foreach (var (workflow, email) in _enrollments.Keys.Where(place => !enrollments.Contains(place)))
            yield return $"HubSpot has not enrolled {email} in workflow {workflow}.";

        // Fewer than told is fine: whoever is in a workflow is not enrolled again.
        foreach (var entries in enrollments.Where(entries => entries.Count() > _enrollments.GetValueOrDefault(entries.Key) && !_uncertainEnrollments.Contains(entries.Key.Email)))
            yield return $"HubSpot has enrolled {entries.Key.Email} in workflow {entries.Key.Item1} {entries.Count()} times, and outcomes tell of {_enrollments.GetValueOrDefault(entries.Key)}.";
    }

    private IEnumerable<string> EventDifferences(IReadOnlyList<TimelineEvent> held)
    {
        var events = held.ToDictionary(entry => (entry.EventTemplateId!, entry.Id));
        foreach (var ((template, id), command) in _events)
        {
            if (!events.TryGetValue((template, id), out var entry))
                yield return $"HubSpot does not hold the event {id} of the template {template}.";
            else if (!command.Tokens.All(token => entry.Tokens.GetValueOrDefault(token.Key) == token.Value))
                yield return $"HubSpot holds the event {id} of the template {template} with other tokens.";
        }

        foreach (var (template, id) in events.Keys.Where(entry => !_events.ContainsKey(entry) && !_uncertainEvents.Contains(entry.Id)))
            yield return $"HubSpot holds an event {id} of the template {template}, of which no outcome tells.";
    }
}
