namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>The scopes HubSpot knows. <c>contacts</c> is not among them: it was removed in July 2022.</summary>
internal static class Scopes
{
    public const string Basic = "oauth";
    public const string ContactsRead = "crm.objects.contacts.read";
    public const string ContactsWrite = "crm.objects.contacts.write";
    public const string Automation = "automation";
    public const string Timeline = "timeline";
    public const string TimelineWrite = "timeline.write";

    private static readonly Dictionary<string, string> Meanings = new(StringComparer.Ordinal)
    {
        [Basic] = "Know which account is connected",
        [ContactsRead] = "Read contacts",
        [ContactsWrite] = "Create and change contacts",
        [Automation] = "Enrol contacts in workflows",
        [Timeline] = "Add events to the timeline of a record",
        [TimelineWrite] = "Add events to the timeline of a record",
        ["crm.schemas.contacts.read"] = "See which properties contacts have",
        ["crm.schemas.contacts.write"] = "Define properties of contacts",
        ["crm.objects.contacts.sensitive.read.v2"] = "Read sensitive data of contacts",
        ["crm.objects.contacts.sensitive.write.v2"] = "Change sensitive data of contacts",
        ["crm.objects.companies.read"] = "Read companies",
        ["crm.objects.companies.write"] = "Create and change companies",
        ["crm.schemas.companies.read"] = "See which properties companies have",
        ["crm.schemas.companies.write"] = "Define properties of companies",
        ["crm.objects.deals.read"] = "Read deals",
        ["crm.objects.deals.write"] = "Create and change deals",
        ["crm.schemas.deals.read"] = "See which properties deals have",
        ["crm.schemas.deals.write"] = "Define properties of deals",
        ["crm.objects.custom.read"] = "Read custom objects",
        ["crm.objects.custom.write"] = "Create and change custom objects",
        ["crm.schemas.custom.read"] = "See which custom objects there are",
        ["crm.objects.owners.read"] = "See who owns a record",
        ["crm.lists.read"] = "Read lists",
        ["crm.lists.write"] = "Create and change lists",
        ["analytics.behavioral_events.send"] = "Send custom events",
        ["behavioral_events.event_definitions.read_write"] = "Define custom events",
        ["automation.sequences.read"] = "Read sequences",
        ["automation.sequences.enrollments.write"] = "Enrol contacts in sequences",
        ["content"] = "Read and change content",
        ["files"] = "Read and change files",
        ["forms"] = "Read and change forms",
        ["tickets"] = "Read and change tickets",
        ["settings.users.read"] = "See the account's users",
    };

    private static readonly Dictionary<string, AccountTier> Tiers = new(StringComparer.Ordinal)
    {
        [Automation] = AccountTier.Professional,
        ["automation.sequences.read"] = AccountTier.Professional,
        ["automation.sequences.enrollments.write"] = AccountTier.Professional,
        ["analytics.behavioral_events.send"] = AccountTier.Enterprise,
        ["behavioral_events.event_definitions.read_write"] = AccountTier.Enterprise,
        ["crm.objects.custom.read"] = AccountTier.Enterprise,
        ["crm.objects.custom.write"] = AccountTier.Enterprise,
        ["crm.schemas.custom.read"] = AccountTier.Enterprise,
    };

    /// <summary>What a service like ours asks for.</summary>
    public static IReadOnlyList<string> Usual { get; } = [Basic, ContactsRead, ContactsWrite, Automation, Timeline];

    public static bool IsKnown(string scope) => Meanings.ContainsKey(scope);

    public static string Meaning(string scope) => Meanings.GetValueOrDefault(scope, scope);

    public static bool IsAvailable(string scope, Account account) => account.Tier >= Tiers.GetValueOrDefault(scope, AccountTier.Free);

    public static IReadOnlyList<string> Parse(string? spaceSeparated) =>
        [.. (spaceSeparated ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()];
}
