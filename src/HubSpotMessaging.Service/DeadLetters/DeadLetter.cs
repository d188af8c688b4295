using System.Security.Cryptography;
using System.Text;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>What the index tells of a dead letter. Personal data is masked in it.</summary>
internal sealed record DeadLetter
{
    /// <summary>Stays the same for as long as it is there.</summary>
    public required DeadLetterId Id { get; init; }

    /// <summary>The queue that it failed on.</summary>
    public required string Queue { get; init; }

    /// <summary>The command's type, by the queue.</summary>
    public required string Command { get; init; }

    /// <summary>The idempotency key, if it has one.</summary>
    public string? Key { get; init; }

    /// <summary>When it failed; null when nothing tells.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>HubSpot's category, or one of the service's. None of what we could not read, or somebody else put there.</summary>
    public string? Category { get; init; }

    /// <summary>Why, in words.</summary>
    public string? Message { get; init; }

    /// <summary>HubSpot's correlation id, for its support.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>The contact properties, or fields, that something is wrong with.</summary>
    public IReadOnlyList<string> Properties { get; init; } = [];

    /// <summary>The workflow that the contact was to be enrolled in.</summary>
    public string? Workflow { get; init; }

    /// <summary>The contact's address.</summary>
    public string? Contact { get; init; }

    /// <summary>Who put it there.</summary>
    public required DeadLetterOrigin Origin { get; init; }

    /// <summary>The size of the body in bytes.</summary>
    public int Size { get; init; }

    /// <summary>The group it is in.</summary>
    public string Group { get; init; } = "";
}

/// <summary>Who put a message among the dead letters.</summary>
internal enum DeadLetterOrigin
{
    /// <summary>The service rejected it: it has a category, and <c>CommandRejected</c> was published.</summary>
    Rejected,

    /// <summary>The service could not read it as a command at all.</summary>
    Unreadable,

    /// <summary>The broker: a policy, a limit, a time to live.</summary>
    Broker,

    /// <summary>Somebody else.</summary>
    Other,
}

/// <summary>Dead letters that are alike.</summary>
/// <param name="Command">The command's type.</param>
/// <param name="Category">HubSpot's category, or one of the service's.</param>
/// <param name="Properties">The contact properties that something is wrong with.</param>
/// <param name="Workflow">The workflow.</param>
internal sealed record DeadLetterGroup(string Command, string? Category, IReadOnlyList<string> Properties, string? Workflow)
{
    /// <summary>Stands for the properties, and the workflow, of those that would make too many groups.</summary>
    public const string Various = "(various)";

    /// <summary>The length of <see cref="Id"/>.</summary>
    public const int IdLength = 12;

    /// <summary>Follows from what they have in common.</summary>
    public string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{Command}\n{Category}\n{string.Join('\t', Properties)}\n{Workflow}")))[..IdLength];

    public static DeadLetterGroup Of(DeadLetter letter) => new(letter.Command, letter.Category, letter.Properties, letter.Workflow);

    /// <summary>The coarser group for when there are too many.</summary>
    public DeadLetterGroup Coarse() => this with { Properties = Properties.Count > 0 ? [Various] : [], Workflow = Workflow is null ? null : Various };
}

/// <summary>Which dead letters are meant; what is null does not matter.</summary>
internal sealed record DeadLetterFilter
{
    /// <summary>The id of a group.</summary>
    public string? Group { get; init; }

    /// <summary>The command's type.</summary>
    public string? Command { get; init; }

    /// <summary>HubSpot's category, or one of the service's.</summary>
    public string? Category { get; init; }

    /// <summary>A contact property that something is wrong with.</summary>
    public string? Property { get; init; }

    /// <summary>The workflow.</summary>
    public string? Workflow { get; init; }

    /// <summary>Whether all are meant.</summary>
    public bool IsEmpty() => this == new DeadLetterFilter();

    public bool Takes(DeadLetterGroup group) =>
        (Group is null || Group == group.Id)
        && (Command is null || Command == group.Command)
        && (Category is null || Category == group.Category)
        && (Property is null || group.Properties.Contains(Property))
        && (Workflow is null || Workflow == group.Workflow);
}
