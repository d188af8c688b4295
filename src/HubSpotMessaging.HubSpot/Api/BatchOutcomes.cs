namespace HubSpotMessaging.HubSpot.Api;

/// <summary>Tells the outcome of each input of a batch call: by what an answer names, never by position.</summary>
internal static class BatchOutcomes
{
    /// <summary>The outcome of each input, in the order of the inputs.</summary>
    /// <param name="inputs">What was sent.</param>
    /// <param name="response">What HubSpot answered.</param>
    /// <param name="written">What a result tells; null when it tells nothing.</param>
    /// <param name="inputsOfResult">The inputs that a result names.</param>
    /// <param name="isNameless">Whether a result may name its input by nothing that was sent.</param>
    /// <param name="inputsOfProblem">The inputs that a problem names.</param>
    public static IReadOnlyList<RecordOutcome> Of<TInput, TResult>(
        IReadOnlyList<TInput> inputs,
        BatchResponse<TResult> response,
        Func<TResult, RecordOutcome.Written?> written,
        Func<TResult, IEnumerable<TInput>> inputsOfResult,
        Func<TResult, bool> isNameless,
        Func<HubSpotProblem, IEnumerable<TInput>> inputsOfProblem)
        where TInput : class
    {
        var outcomes = new Dictionary<TInput, RecordOutcome>(ReferenceEqualityComparer.Instance);
        foreach (var result in response.Results)
            if (written(result) is { } outcome)
                foreach (var input in inputsOfResult(result))
                    outcomes[input] = outcome;

        foreach (var problem in response.Errors)
            foreach (var input in inputsOfProblem(problem))
                outcomes[input] = new RecordOutcome.Refused(problem);

        // Of a lone input everything in the answer speaks but what names another one, also what names it by nothing: a contact found by a secondary address.
        if (inputs is [var lone] && !outcomes.ContainsKey(lone))
        {
            if (response is { Results: [var only], Errors.Count: 0 } && isNameless(only) && written(only) is { } outcome)
                outcomes[lone] = outcome;
            else if (response is { Results.Count: 0, Errors: [var problem] })
                outcomes[lone] = new RecordOutcome.Refused(problem);
        }

        return [.. inputs.Select(input => outcomes.GetValueOrDefault(input) ?? new RecordOutcome.Unknown())];
    }
}
