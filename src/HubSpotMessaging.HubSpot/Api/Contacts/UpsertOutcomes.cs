namespace HubSpotMessaging.HubSpot.Api.Contacts;

/// <summary>What became of one record of a batch.</summary>
public abstract record RecordOutcome
{
    private RecordOutcome()
    {
    }

    /// <summary>HubSpot wrote it.</summary>
    /// <param name="Id">The record id.</param>
    /// <param name="IsNew">Whether it was created.</param>
    public sealed record Written(string Id, bool IsNew) : RecordOutcome;

    /// <summary>HubSpot refused it.</summary>
    /// <param name="Problem">HubSpot's reason.</param>
    public sealed record Refused(HubSpotProblem Problem) : RecordOutcome;

    /// <summary>HubSpot did not say. It may have been written.</summary>
    public sealed record Unknown : RecordOutcome;
}

/// <summary>
/// Tells the outcome of each input of a batch upsert: by trace id, else by lower-cased id. Never by position, for results come back
/// in another order than they were sent in.
/// </summary>
public static class UpsertOutcomes
{
    /// <summary>The outcome of each input, in the order of the inputs.</summary>
    /// <param name="inputs">What was sent.</param>
    /// <param name="response">What HubSpot answered.</param>
    public static IReadOnlyList<RecordOutcome> Of(IReadOnlyList<ContactUpsert> inputs, BatchResponse<Contact> response)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(response);

        var outcomes = new Dictionary<string, RecordOutcome>(StringComparer.Ordinal);
        var inputsById = inputs.ToLookup(input => input.Id, StringComparer.OrdinalIgnoreCase);

        foreach (var contact in response.Results.Where(contact => contact.Id is not null))
            foreach (var trace in TracesOfResult(contact))
                outcomes[trace] = new RecordOutcome.Written(contact.Id!, contact.New);

        foreach (var problem in response.Errors)
            foreach (var trace in TracesOfProblem(problem))
                outcomes[trace] = new RecordOutcome.Refused(problem);

        // Of a lone input everything in the answer speaks, also what names it by nothing: a contact found by a secondary address.
        if (inputs is [var lone] && !outcomes.ContainsKey(lone.ObjectWriteTraceId))
        {
            if (response is { Results: [{ Id: { } id } only], Errors.Count: 0 })
                outcomes[lone.ObjectWriteTraceId] = new RecordOutcome.Written(id, only.New);
            else if (response is { Results.Count: 0, Errors: [var problem] })
                outcomes[lone.ObjectWriteTraceId] = new RecordOutcome.Refused(problem);
        }

        return [.. inputs.Select(input => outcomes.GetValueOrDefault(input.ObjectWriteTraceId) ?? new RecordOutcome.Unknown())];

        IEnumerable<string> TracesOfResult(Contact contact) =>
            contact.ObjectWriteTraceId is { } trace ? [trace] : TracesOfId(contact.Properties.GetValueOrDefault("email") ?? "");

        IEnumerable<string> TracesOfProblem(HubSpotProblem problem)
        {
            var traces = problem.ContextValues("objectWriteTraceId");
            return traces.Count > 0 ? traces : problem.ContextValues("ids").Concat(problem.ContextValues("id")).SelectMany(TracesOfId);
        }

        IEnumerable<string> TracesOfId(string id) => inputsById[id].Select(input => input.ObjectWriteTraceId);
    }
}
