namespace HubSpotMessaging.HubSpot.Api.Timeline;

/// <summary>
/// Tells the outcome of each event of a batch, by event template and id. Never by position: nothing promises that results come back in
/// the order in which events were sent. A refusal names ids alone; where those are the ids of several events, it tells of none.
/// </summary>
public static class PostOutcomes
{
    /// <summary>The outcome of each input, in the order of the inputs.</summary>
    /// <param name="inputs">What was sent.</param>
    /// <param name="response">What HubSpot answered.</param>
    public static IReadOnlyList<RecordOutcome> Of(IReadOnlyList<TimelineEvent> inputs, BatchResponse<PostedTimelineEvent> response)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(response);

        var inputsById = inputs.ToLookup(input => input.Id, StringComparer.Ordinal);
        return BatchOutcomes.Of(inputs, response, Written, InputsOfResult, isNameless: _ => false, problem => problem.NamedIds().SelectMany(id => TheOnly(inputsById[id])));

        static RecordOutcome.Written? Written(PostedTimelineEvent posted) => posted.Id is { } id ? new(id, IsNew: false) : null;

        IEnumerable<TimelineEvent> InputsOfResult(PostedTimelineEvent posted) =>
            TheOnly(inputsById[posted.Id!].Where(input => posted.EventTemplateId is null || posted.EventTemplateId == input.EventTemplateId));
    }

    private static IReadOnlyList<TimelineEvent> TheOnly(IEnumerable<TimelineEvent> inputs) => inputs.Take(2).ToList() is [var only] ? [only] : [];
}
