namespace HubSpotMessaging.HubSpot.Api.Contacts;

/// <summary>
/// Tells the outcome of each input of a batch upsert: by trace id, else by lower-cased id. Never by position, for results come back
/// in another order than they were sent in.
/// </summary>
public static class UpsertOutcomes
{
    /// <summary>The outcome of each input, in the order of the inputs.</summary>
    /// <param name="inputs">What was sent.</param>
    /// <param name="response">What HubSpot answered.</param>
    public static IReadOnlyList<RecordOutcome> Of(IReadOnlyList<ContactUpsert> inputs, BatchResponse<UpsertedContact> response)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(response);

        var inputsByTrace = inputs.ToLookup(input => input.ObjectWriteTraceId, StringComparer.Ordinal);
        var inputsById = new Lazy<ILookup<string, ContactUpsert>>(() => inputs.ToLookup(input => input.Id, StringComparer.OrdinalIgnoreCase));
        return BatchOutcomes.Of(inputs, response, Written, InputsOfResult, contact => contact.ObjectWriteTraceId is null, InputsOfProblem);

        static RecordOutcome.Written? Written(UpsertedContact contact) => contact.Id is { } id ? new(id, contact.New) : null;

        IEnumerable<ContactUpsert> InputsOfResult(UpsertedContact contact) => contact.ObjectWriteTraceId is { } trace
            ? inputsByTrace[trace]
            : inputsById.Value[contact.Properties?.Email ?? ""];

        IEnumerable<ContactUpsert> InputsOfProblem(HubSpotProblem problem)
        {
            var traces = problem.ContextValues("objectWriteTraceId");
            return traces.Count > 0 ? traces.SelectMany(trace => inputsByTrace[trace]) : problem.NamedIds().SelectMany(id => inputsById.Value[id]);
        }
    }
}
