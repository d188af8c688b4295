using System.Globalization;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Contacts;

internal sealed record BatchRequest
{
    public IReadOnlyList<BatchInput?>? Inputs { get; init; }
    public IReadOnlyList<string?>? Properties { get; init; }
    public string? IdProperty { get; init; }
}

internal sealed record BatchInput
{
    public string? Id { get; init; }
    public string? IdProperty { get; init; }
    public string? ObjectWriteTraceId { get; init; }
    public Dictionary<string, string?>? Properties { get; init; }
}

/// <summary>
/// Writes a batch as HubSpot does: record by record if every input can be told apart by its trace id, else all or nothing.
/// </summary>
internal sealed class ContactBatch(
    ContactDirectory contacts, PropertyRegistry definitions, EmulatorSettings settings, TimeProvider clock)
{
    private const int MaximumInputs = 100;

    public BatchAnswer<ContactView> Create(long portalId, BatchRequest request, string? requiredProperty) =>
        Write(portalId, BatchInputs.Check(request.Inputs, MaximumInputs), requiredProperty, (transaction, input) => transaction.Create(PropertiesOf(input)));

    public BatchAnswer<ContactView> Update(long portalId, BatchRequest request, string? requiredProperty)
    {
        var inputs = DistinctInputs(request);
        CheckIdProperties(inputs, name => name != PropertyNames.Email && IsUnique(name));
        return Write(portalId, inputs, requiredProperty, UpdateKnown);
    }

    public BatchAnswer<ContactView> Upsert(long portalId, BatchRequest request, string? requiredProperty)
    {
        var inputs = DistinctInputs(request);
        CheckIdProperties(inputs, IsUnique);
        return Write(
            portalId,
            inputs,
            requiredProperty,
            (transaction, input) => input.IdProperty is { } name
                ? transaction.Upsert(name, input.Id!, PropertiesOf(input))
                : UpdateKnown(transaction, input),
            tellsWhatIsNew: true);
    }

    public BatchAnswer<ContactView> Read(long portalId, BatchRequest request)
    {
        var startedAt = clock.GetUtcNow();
        var book = contacts.Read(portalId);
        var found = DistinctInputs(request).ConvertAll(input => (input.Id, Contact: Find(book, input.Id!, request.IdProperty)));
        var properties = (request.Properties ?? []).OfType<string>().ToList();
        var results = found
            .Where(entry => entry.Contact is not null)
            .Select(entry => ContactView.Read(entry.Contact!, portalId, properties, definitions));
        var missing = found.Where(entry => entry.Contact is null).Select(entry => entry.Id!).ToList();
        return Answer([.. results], missing.Count == 0 ? [] : [Missing(missing)], startedAt);
    }

    public void Archive(long portalId, BatchRequest request)
    {
        var inputs = DistinctInputs(request);
        contacts.Write(portalId, transaction =>
        {
            foreach (var contact in inputs.Select(input => Find(transaction.Book, input.Id!, idProperty: null)).OfType<Contact>())
                transaction.Archive(contact);
            return 0;
        });
    }

    public static Contact? Find(ContactBook book, string id, string? idProperty)
    {
        var contact = idProperty switch
        {
            null => long.TryParse(id, CultureInfo.InvariantCulture, out var recordId) ? book.Find(recordId) : null,
            PropertyNames.Email => book.FindByEmail(id),
            _ => book.FindBy(idProperty, id),
        };
        return contact is { Archived: false } ? contact : null;
    }

    private BatchAnswer<ContactView> Write(
        long portalId,
        List<BatchInput> inputs,
        string? requiredProperty,
        Func<ContactTransaction, BatchInput, WriteOutcome?> write,
        bool tellsWhatIsNew = false)
    {
        var startedAt = clock.GetUtcNow();
        var traceable = inputs.Select(input => input.ObjectWriteTraceId).OfType<string>().Distinct().Count() == inputs.Count;
        var results = new List<ContactView>();
        var errors = new List<RecordError>();
        var missing = new List<string>();

        contacts.Write(
            portalId,
            transaction =>
            {
                foreach (var input in inputs)
                {
                    var outcome = write(transaction, input);
                    if (outcome is null) missing.Add(input.Id!);
                    else if (outcome.Contact is { } contact) results.Add(View(contact, outcome, input));
                    else if (traceable) errors.Add(outcome.Problem!.ToRecordError(input.ObjectWriteTraceId!));
                    else throw outcome.Problem!.ToRefusal();
                }

                return missing.Count == 0 || traceable ? 0 : throw Missing(missing).ToRefusal(StatusCodes.Status404NotFound);
            },
            requiredProperty);

        if (missing.Count > 0) errors.Add(Missing(missing));
        return Answer(results, errors, startedAt);

        ContactView View(Contact contact, WriteOutcome outcome, BatchInput input) =>
            ContactView.Written(contact, portalId, PropertiesOf(input).Keys) with
            {
                New = tellsWhatIsNew ? outcome.IsNew : null,
                ObjectWriteTraceId = input.ObjectWriteTraceId,
            };
    }

    private BatchAnswer<ContactView> Answer(List<ContactView> results, IReadOnlyList<RecordError> errors, DateTimeOffset startedAt) =>
        new(InAnotherOrder(results), errors, startedAt, clock.GetUtcNow());

    /// <summary>HubSpot does not answer in the order of the inputs, and nobody should come to rely on it.</summary>
    private List<ContactView> InAnotherOrder(List<ContactView> results)
    {
        var shuffled = results.ToArray();
        new Random(settings.ResultOrderSeed).Shuffle(shuffled);
        if (shuffled.SequenceEqual(results)) Array.Reverse(shuffled);
        return [.. shuffled];
    }

    private bool IsUnique(string property) => definitions.Find(property) is { HasUniqueValue: true };

    private static WriteOutcome? UpdateKnown(ContactTransaction transaction, BatchInput input) =>
        Find(transaction.Book, input.Id!, input.IdProperty) is { } contact ? transaction.Update(contact, PropertiesOf(input)) : null;

    private static Dictionary<string, string?> PropertiesOf(BatchInput input) => input.Properties ?? [];

    private static List<BatchInput> DistinctInputs(BatchRequest request)
    {
        var inputs = BatchInputs.Check(request.Inputs, MaximumInputs);
        if (inputs.Exists(input => string.IsNullOrWhiteSpace(input.Id)))
            throw RefusedException.Unset("id");

        var repeated = inputs
            .GroupBy(input => Contact.NormalizeEmail(input.Id!))
            .Where(same => same.Count() > 1)
            .Select(same => same.Key)
            .ToList();
        if (repeated.Count == 0) return inputs;

        throw new RefusedException(
            StatusCodes.Status400BadRequest,
            ErrorBody.Validation($"Duplicate IDs found in batch input: [{string.Join(", ", repeated)}]. IDs must be unique") with
            {
                Context = ErrorContext.Of("ids", repeated),
            });
    }

    private static RecordError Missing(IReadOnlyList<string> ids) => new(
        Categories.ObjectNotFound,
        "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.")
    {
        Context = ErrorContext.Of("ids", ids),
    };

    private static void CheckIdProperties(List<BatchInput> inputs, Func<string, bool> identifies)
    {
        if (inputs.Select(input => input.IdProperty).OfType<string>().FirstOrDefault(name => !identifies(name)) is { } unfit)
            throw RefusedException.Invalid($"Unable to perform update/upsert by non-unique 0-1 property {unfit}");
    }
}
