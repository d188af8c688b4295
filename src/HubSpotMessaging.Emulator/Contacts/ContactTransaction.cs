using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Contacts;

/// <summary>Writes to a portal's contacts that take effect together, or not at all.</summary>
internal sealed class ContactTransaction(
    ContactBook book, PropertyRegistry definitions, string? requiredProperty, DateTimeOffset now, Func<long> nextId)
{
    private readonly List<string> _uniqueProperties =
        [.. definitions.All.Where(definition => definition.HasUniqueValue).Select(definition => definition.Name)];

    private readonly List<(Contact Contact, bool IsNew, IReadOnlyDictionary<string, string> Values)> _writes = [];

    public ContactBook Book { get; private set; } = book;

    /// <summary>What was written so far, in order.</summary>
    public IReadOnlyList<(Contact Contact, bool IsNew, IReadOnlyDictionary<string, string> Values)> Writes => _writes;

    public WriteOutcome Create(IReadOnlyDictionary<string, string?> properties) =>
        Write(Contact.Create(nextId(), now), properties, isNew: true);

    public WriteOutcome Update(Contact contact, IReadOnlyDictionary<string, string?> properties) =>
        Write(contact, properties, isNew: false);

    public WriteOutcome Upsert(string idProperty, string id, IReadOnlyDictionary<string, string?> properties)
    {
        var value = idProperty == PropertyNames.Email ? Contact.NormalizeEmail(id) : id;
        if (Book.FindBy(idProperty, value) is { } known) return Update(known, properties);

        return Create(properties.GetValueOrDefault(idProperty) is { Length: > 0 }
            ? properties
            : new Dictionary<string, string?>(properties, StringComparer.Ordinal) { [idProperty] = id });
    }

    public void Archive(Contact contact) => Keep(contact with { Archived = true, UpdatedAt = now });

    private WriteOutcome Write(Contact contact, IReadOnlyDictionary<string, string?> properties, bool isNew)
    {
        var (values, problems) = PropertyRules.Check(properties, definitions);
        if (problems.Count > 0) return WriteOutcome.Refused(RecordProblem.Invalid(problems));

        // Naming a contact by a secondary address does not make that address its primary one.
        if (values.TryGetValue(PropertyNames.Email, out var email) && contact.Emails.Contains(email, StringComparer.Ordinal))
            values.Remove(PropertyNames.Email);

        foreach (var name in _uniqueProperties)
        {
            if (values.GetValueOrDefault(name) is { Length: > 0 } value &&
                Book.FindBy(name, value) is { } owner && owner.Id != contact.Id)
                return WriteOutcome.Refused(RecordProblem.Taken(owner));
        }

        var written = contact.With(values, now);
        if (requiredProperty is not null && !written.Properties.ContainsKey(requiredProperty))
            return WriteOutcome.Refused(RecordProblem.Invalid([PropertyRequired(requiredProperty)]));

        Keep(written);
        _writes.Add((written, isNew, values));
        return new WriteOutcome(written, isNew, Problem: null);
    }

    private void Keep(Contact contact) => Book = Book.With(contact, _uniqueProperties);

    private static PropertyProblem PropertyRequired(string name) =>
        new(name, "REQUIRED_PROPERTY", $"Property \"{name}\" is required");
}

/// <summary>What became of one write: the contact, or the reason why there is none.</summary>
internal sealed record WriteOutcome(Contact? Contact, bool IsNew, RecordProblem? Problem)
{
    public static WriteOutcome Refused(RecordProblem problem) => new(Contact: null, IsNew: false, problem);
}

/// <summary>Why one record is refused, to be told alone, for a whole batch, or as an entry of a 207.</summary>
internal sealed record RecordProblem(int StatusCode, string Category, string Message)
{
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Context { get; init; }
    public IReadOnlyList<ErrorDetail>? Details { get; init; }

    public static RecordProblem Invalid(IReadOnlyList<PropertyProblem> problems) =>
        new(StatusCodes.Status400BadRequest, Categories.ValidationError, PropertyProblem.Describe(problems))
        {
            Details = [.. problems.Select(problem => problem.ToDetail())],
        };

    public static RecordProblem Taken(Contact owner) =>
        new(StatusCodes.Status409Conflict, Categories.Conflict, $"Contact already exists. Existing ID: {owner.IdText}")
        {
            Context = ErrorContext.Of("existingId", owner.IdText),
        };

    public RefusedException ToRefusal() =>
        new(StatusCode, new ErrorBody(Message) { Category = Category, Errors = Details });

    public RecordError ToRecordError(string traceId) => new(Category, Message)
    {
        Context = new Dictionary<string, IReadOnlyList<string>>(Context ?? ErrorContext.None, StringComparer.Ordinal)
        {
            ["objectWriteTraceId"] = [traceId],
        },
    };
}
