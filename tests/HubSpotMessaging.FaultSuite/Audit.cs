using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.FaultSuite;

/// <summary>Compares what was published, what was told, and what HubSpot has.</summary>
internal static class Audit
{
    /// <summary>All that is wrong: nothing, when every command has exactly one true outcome.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(IReadOnlyCollection<Order> orders, Ledger ledger, Ground ground)
    {
        List<string> wrong =
        [
            .. orders.SelectMany(order => OfOutcome(order, ledger.Outcomes.GetValueOrDefault(order.Key), ground.HubSpot)),
            .. OfContacts(orders, ground.HubSpot),
            .. OfTimeline(orders, ledger, ground.HubSpot),
        ];
        foreach (var queue in AmqpClient.Queues.Concat(AmqpClient.WaitQueues))
            if (await ground.Bus.DepthAsync(queue) is var depth and > 0)
                wrong.Add($"{queue} still has {depth}");

        var rejected = ledger.Outcomes.Where(told => told.Value[0].IsRejected).Select(told => told.Key).ToHashSet(StringComparer.Ordinal);
        var letters = new HashSet<string>(StringComparer.Ordinal);
        foreach (var queue in AmqpClient.Queues)
            letters.UnionWith((await ground.Bus.DeadLettersAsync(queue)).Select(letter => letter.Headers["hubspot-idempotency-key"]!));
        if (!letters.SetEquals(rejected))
            wrong.Add($"dead letters are {string.Join(' ', letters.Except(rejected))} too many, {string.Join(' ', rejected.Except(letters))} too few");
        return wrong;
    }

    private static IEnumerable<string> OfOutcome(Order order, List<Told>? told, EmulatorServer hubSpot)
    {
        if (told is null)
        {
            yield return $"{order.Key} ({order.Type}) has no outcome";
            yield break;
        }

        if (told.DistinctBy(outcome => outcome.Id).Count() != 1)
            yield return $"{order.Key} has several outcomes: {string.Join(", ", told.Select(outcome => $"{outcome.Event} {outcome.Category}"))}";
        var outcome = told[0];
        var enrollments = order.Type == "EnrollInWorkflow" ? hubSpot.Enrollments.Count(enrollment => enrollment.Email == order.Email) : 0;
        var isRight = order switch
        {
            { IsBad: true } => outcome is { IsRejected: true, Category: "VALIDATION_ERROR" },
            { Type: "EnrollInWorkflow" } => outcome.Event == "ContactEnrolledInWorkflow" ? enrollments == 1 : outcome.Category == "OUTCOME_UNKNOWN" && enrollments <= 1,
            { Type: "PostTimelineEvent" } => outcome.Event == "TimelineEventPosted",
            _ => outcome.Event == "ContactSynced",
        };
        if (!isRight)
            yield return $"{order.Key} ({order.Type}) ended as {outcome.Event} {outcome.Category}, enrolled {enrollments} times: {outcome.Message["message"]}";
    }

    /// <summary>Each contact has the newest value, and never had an older one after a newer one.</summary>
    private static IEnumerable<string> OfContacts(IReadOnlyCollection<Order> orders, EmulatorServer hubSpot)
    {
        var contacts = hubSpot.Contacts.ToDictionary(contact => contact.Properties["email"], StringComparer.Ordinal);
        foreach (var same in orders.Where(order => order is { IsBad: false, Type: not "PostTimelineEvent" }).GroupBy(order => order.Email))
        {
            var newest = same.MaxBy(order => order.OccurredAt)!;
            var value = contacts.GetValueOrDefault(same.Key)?.Properties.GetValueOrDefault("firstname");
            if (value != newest.Key)
                yield return $"{same.Key} has {value ?? "nothing"}, and {newest.Key} is the newest";
        }

        var numbers = hubSpot.ContactWrites
            .Where(write => write.Properties.ContainsKey("firstname"))
            .GroupBy(write => write.ContactId, write => int.Parse(write.Properties["firstname"].AsSpan(2), System.Globalization.CultureInfo.InvariantCulture));
        foreach (var contact in numbers)
            if (!contact.SequenceEqual(contact.Order()))
                yield return $"contact {contact.Key} was written {string.Join(' ', contact)}";
    }

    private static IEnumerable<string> OfTimeline(IReadOnlyCollection<Order> orders, Ledger ledger, EmulatorServer hubSpot)
    {
        var posted = hubSpot.TimelineEvents.Select(timelineEvent => timelineEvent.Id).ToHashSet(StringComparer.Ordinal);
        return orders.Where(order => order.Type == "PostTimelineEvent" && ledger.Outcomes.ContainsKey(order.Key) && !posted.Contains(order.Key))
            .Select(order => $"{order.Key} is told to be posted and is not there");
    }
}
