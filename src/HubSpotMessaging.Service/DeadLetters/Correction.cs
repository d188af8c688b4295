using System.Text;
using System.Text.Json;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Service.Consumers;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// What an operator changes in a command before it is sent again. Everything else stays: its idempotency key, and since when it is true, so that
/// it still does not overwrite anything newer.
/// </summary>
internal sealed record Correction
{
    private static readonly JsonSerializerOptions AsConsumersRead = new(JsonSerializerDefaults.Web);

    /// <summary>The contact's address.</summary>
    public string? Email { get; init; }

    /// <summary>Contact properties to add or to change; null clears the property at HubSpot.</summary>
    public IReadOnlyDictionary<string, string?>? Properties { get; init; }

    /// <summary>Tokens of a timeline event to add or to change.</summary>
    public IReadOnlyDictionary<string, string>? Tokens { get; init; }

    /// <summary>Properties, or tokens, that are not to be sent.</summary>
    public IReadOnlyList<string>? Remove { get; init; }

    /// <summary>The workflow of an enrolment.</summary>
    public string? Workflow { get; init; }

    /// <summary>The event type of a timeline event.</summary>
    public string? EventType { get; init; }

    /// <summary>A whole new body, of a single dead letter: for one that cannot be read.</summary>
    public string? Body { get; init; }

    /// <summary>Says that it is true since now, and not since it was published.</summary>
    public bool TrueNow { get; init; }

    /// <summary>Whether it changes nothing.</summary>
    public bool IsEmpty() => this is { Email: null, Properties: null or { Count: 0 }, Tokens: null or { Count: 0 }, Remove: null or { Count: 0 }, Workflow: null, EventType: null, Body: null, TrueNow: false };

    /// <summary>The corrected message.</summary>
    /// <param name="type">The command's type.</param>
    /// <param name="content">The message as it is.</param>
    /// <param name="now">The present.</param>
    /// <exception cref="CorrectionException">It cannot be corrected like that, or would be rejected again at once.</exception>
    public DeadLetterContent Apply(string type, DeadLetterContent content, DateTimeOffset now)
    {
        var body = CommandBody.Parse(Body is null ? content.Body.Span : Encoding.UTF8.GetBytes(Body))
            ?? throw new CorrectionException("The body is no JSON object, so that only a whole new one can take its place.");
        var headers = content.Headers;

        if (Email is not null)
            SetEmail(body, Email);
        if (Workflow is not null)
            body.Set("workflow", Workflow);
        if (EventType is not null)
            body.Set("eventType", EventType);
        foreach (var (name, value) in Properties ?? new Dictionary<string, string?>())
            body.SetIn("properties", name, value);
        foreach (var (name, value) in Tokens ?? new Dictionary<string, string>())
            body.SetIn("tokens", name, value);
        foreach (var name in Remove ?? [])
            if (!(body.RemoveFrom("properties", name) | body.RemoveFrom("tokens", name)))
                throw new CorrectionException($"There is no {name} to remove.");
        if (TrueNow)
        {
            body.Set("occurredAt", now.ToString("O"));
            headers = headers.Where(header => header.Key is not (CommandIdentity.OccurredAtHeader or CommandIdentity.ReceivedAtHeader))
                .ToDictionary(StringComparer.Ordinal);
        }

        EnsureValid(type, body);
        return content with { Headers = headers, Body = body.ToBytes() };
    }

    private static void SetEmail(CommandBody body, string email)
    {
        body.Set("email", email);
        foreach (var name in body.PropertyNames.Where(name => name.Equals("email", StringComparison.OrdinalIgnoreCase)).ToList())
            body.SetIn("properties", name, email); // The two must agree.
    }

    private static void EnsureValid(string type, CommandBody body)
    {
        IReadOnlyList<CommandError> errors;
        try
        {
            errors = type switch
            {
                nameof(EnrollInWorkflow) => Errors<EnrollInWorkflow>(body),
                nameof(PostTimelineEvent) => Errors<PostTimelineEvent>(body),
                _ => Errors<SyncContact>(body),
            };
        }
        catch (JsonException exception)
        {
            throw new CorrectionException($"It would not be a {type}: {exception.Message}");
        }

        if (errors.Count > 0)
            throw new CorrectionException(string.Join(' ', errors.Select(error => error.Message)));
    }

    private static IReadOnlyList<CommandError> Errors<T>(CommandBody body)
        where T : IHubSpotCommand =>
        JsonSerializer.Deserialize<T>(body.Command, AsConsumersRead)!.Validate();
}

/// <summary>Says why a dead letter cannot be corrected like that.</summary>
internal sealed class CorrectionException(string message) : Exception(message);
