using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Batches;

/// <summary>
/// Sends a batch until the outcome of every input is known. What HubSpot refuses as a whole is divided until the bad ones stand alone;
/// what it says nothing about is sent again.
/// </summary>
internal sealed class BatchDelivery<TInput, TResult>(IBatchCall<TInput, TResult> call, HubSpotCaller caller)
{
    /// <summary>How often an input is sent whose outcome HubSpot does not tell, or that somebody else creates at the same moment.</summary>
    private const int MaximumAttempts = 3;

    /// <summary>Sends it.</summary>
    /// <param name="inputs">The inputs, with different identities.</param>
    /// <param name="permit">For the first request; each further one takes its own.</param>
    /// <param name="cancellationToken">Ends the waits between requests.</param>
    /// <returns>Never fails: what was interrupted has no outcome.</returns>
    public async Task<Sent> SendAsync(IReadOnlyList<TInput> inputs, Permit permit, CancellationToken cancellationToken)
    {
        var outcomes = new Dictionary<string, RecordOutcome>(StringComparer.Ordinal);
        var first = (Permit?)permit;
        try
        {
            await SendPartAsync(inputs, attempt: 1);
            return new(outcomes, null);
        }
#pragma warning disable CA1031 // Whatever it is, what is known by then must be told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new(outcomes, exception);
        }

        // Tells whether all of it was written.
        async Task<bool> SendPartAsync(IReadOnlyList<TInput> part, int attempt)
        {
            var tolerance = part.Count == 1 ? Tolerance.OfSingle : part.Count == inputs.Count ? Tolerance.OfBatch : Tolerance.OfPart;
            var answer = await caller.SendAsync(
                permit.Demand, tolerance, with => call.SendAsync(part, with), cancellationToken, Interlocked.Exchange(ref first, null));
            if (answer.Succeeded)
                return await ReadAsync(part, answer, attempt);
            if (part.Count == 1)
                await JudgeAsync(part[0], answer, attempt);
            else if (answer.Kind == AnswerKind.Unreadable)
                await SendAgainAsync(part, attempt);
            else
                await DivideAsync(part, answer, attempt);
            return false;
        }

        async Task<bool> ReadAsync(IReadOnlyList<TInput> part, Answer<BatchResponse<TResult>> answer, int attempt)
        {
            var untold = new List<TInput>();
            foreach (var (input, outcome) in part.Zip(call.OutcomesOf(part, answer.Value!)))
            {
                // A conflict in a batch: somebody else creates it at the same moment, and the next attempt will update it.
                if (outcome is RecordOutcome.Unknown || (outcome is RecordOutcome.Refused { Problem: var problem } && IsConflict(problem) && attempt < MaximumAttempts))
                    untold.Add(input);
                else
                    outcomes[call.IdentityOf(input)] = outcome is RecordOutcome.Refused refused ? new RecordOutcome.Refused(Signed(refused.Problem, answer)) : outcome;
            }

            if (untold.Count == part.Count && part.Count > 1 && attempt == 1)
                return await SendPartAsync(part, attempt + 1); // An answer that says nothing at all is no reason for a hundred requests yet.
            await SendAgainAsync(untold, attempt);
            return untold.Count == 0 && part.All(input => outcomes[call.IdentityOf(input)] is RecordOutcome.Written);
        }

        // One by one, so that what makes HubSpot silent about one does not touch the others.
        async Task SendAgainAsync(IReadOnlyList<TInput> untold, int attempt)
        {
            foreach (var input in untold)
            {
                if (attempt < MaximumAttempts)
                    await SendPartAsync([input], attempt + 1);
                else
                    outcomes[call.IdentityOf(input)] = new RecordOutcome.Unknown();
            }
        }

        // First by what the answer names, then in halves.
        async Task DivideAsync(IReadOnlyList<TInput> part, Answer<BatchResponse<TResult>> answer, int attempt)
        {
            var named = Named(part, answer.Problem!);
            if (named.Count is 0 || named.Count == part.Count)
                named = [.. part.Take((part.Count + 1) / 2)];

            // When the others are all good, what is wrong is among these, and is the next time, too: they need not be sent to learn that.
            var areOthersGood = await SendPartAsync([.. part.ExceptBy(named.Select(call.IdentityOf), call.IdentityOf)], attempt);
            if (areOthersGood && named.Count > 1 && answer.Kind == AnswerKind.Refused)
                await DivideAsync(named, answer, attempt);
            else
                await SendPartAsync(named, attempt);
        }

        async Task JudgeAsync(TInput input, Answer<BatchResponse<TResult>> answer, int attempt)
        {
            if (attempt < MaximumAttempts && answer.Kind is AnswerKind.Conflict or AnswerKind.Unreadable)
                await SendPartAsync([input], attempt + 1);
            else
                outcomes[call.IdentityOf(input)] = answer.Kind == AnswerKind.Unreadable ? new RecordOutcome.Unknown() : new RecordOutcome.Refused(Signed(answer.Problem!, answer));
        }
    }

    /// <summary>The problems within a batch carry no correlation id of their own.</summary>
    private static HubSpotProblem Signed(HubSpotProblem problem, Answer<BatchResponse<TResult>> answer) =>
        problem with { CorrelationId = problem.CorrelationId ?? answer.CorrelationId };

    private IReadOnlyList<TInput> Named(IReadOnlyList<TInput> part, HubSpotProblem problem)
    {
        var names = problem.ContextValues("objectWriteTraceId").Concat(problem.NamedIds()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. part.Where(input => call.NamesOf(input).Any(names.Contains))];
    }

    private static bool IsConflict(HubSpotProblem problem) => problem.Status == 409 || problem.Category == "CONFLICT";
}
