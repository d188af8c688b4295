using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Quota;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Delivery.Contacts;

/// <summary>
/// Sends a batch of contacts until the outcome of every one is known. What HubSpot refuses as a whole is divided until the bad ones
/// stand alone; what it says nothing about is sent again.
/// </summary>
internal sealed class ContactUpserts(ContactsClient contacts, HubSpotCaller caller)
{
    /// <summary>How often a contact is sent whose outcome HubSpot does not tell, or that somebody else creates at the same moment.</summary>
    private const int MaximumAttempts = 3;

    /// <summary>How often one at which HubSpot fails: twice each time, and that is no row yet for which it passes for down (Circuit).</summary>
    private const int MaximumOutages = 2;

    /// <summary>Sends them.</summary>
    /// <param name="inputs">The contacts, with different identities and trace ids.</param>
    /// <param name="lease">The right to write them.</param>
    /// <param name="permit">For the first request; each further one takes its own.</param>
    /// <param name="cancellationToken">Ends the waits between requests.</param>
    /// <returns>Never fails: what was interrupted has no outcome.</returns>
    public async Task<Sent> SendAsync(IReadOnlyList<ContactUpsert> inputs, ContactLease lease, Permit permit, CancellationToken cancellationToken)
    {
        var outcomes = new Dictionary<string, RecordOutcome>(StringComparer.Ordinal);
        var first = (Permit?)permit;
        try
        {
            await SendPartAsync(inputs, attempt: 1);
            return new(outcomes, null);
        }
        catch (Exception exception) when (exception is DeliveryPostponedException or OperationCanceledException or LeaseLostException
            or RedisException or RedisTimeoutException)
        {
            return new(outcomes, exception);
        }

        async Task SendPartAsync(IReadOnlyList<ContactUpsert> part, int attempt)
        {
            // A part of what HubSpot has failed at twice is divided further at once.
            var tolerance = part.Count == inputs.Count ? Tolerance.OfBatch : Tolerance.OfPart;
            var answer = await caller.SendAsync(permit.Demand, tolerance, CallAsync, cancellationToken, Interlocked.Exchange(ref first, null));
            if (answer.Succeeded)
                await ReadAsync(part, answer, attempt);
            else if (part.Count > 1 && answer.Kind == AnswerKind.Unreadable)
                await SendAgainAsync(part, attempt);
            else if (part.Count > 1)
                await DivideAsync(part, answer.Problem, attempt);
            else
                await JudgeAsync(part[0], answer, attempt);

            async Task<Answer<BatchResponse<Contact>>> CallAsync(Permit with)
            {
                await lease.CoverAsync(with);
                var said = await contacts.UpsertAsync(part, with, CancellationToken.None);
                lease.Note(said);
                return said;
            }
        }

        async Task ReadAsync(IReadOnlyList<ContactUpsert> part, Answer<BatchResponse<Contact>> answer, int attempt)
        {
            var untold = new List<ContactUpsert>();
            foreach (var (input, outcome) in part.Zip(UpsertOutcomes.Of(part, answer.Value!)))
            {
                if (outcome is RecordOutcome.Unknown)
                    lease.NoteUntold();

                // A conflict in a batch: somebody else creates it at the same moment, and the next attempt will update it.
                if (outcome is RecordOutcome.Unknown || (outcome is RecordOutcome.Refused { Problem: var problem } && IsConflict(problem) && attempt < MaximumAttempts))
                    untold.Add(input);
                else
                    outcomes[input.Id] = outcome is RecordOutcome.Refused refused ? new RecordOutcome.Refused(Signed(refused.Problem, answer)) : outcome;
            }

            if (untold.Count == part.Count && part.Count > 1 && attempt == 1)
                await SendPartAsync(part, attempt + 1); // An answer that says nothing at all is no reason for a hundred requests yet.
            else
                await SendAgainAsync(untold, attempt);
        }

        // One by one, so that what makes HubSpot silent about one does not touch the others.
        async Task SendAgainAsync(IReadOnlyList<ContactUpsert> untold, int attempt)
        {
            foreach (var input in untold)
            {
                if (attempt < MaximumAttempts)
                    await SendPartAsync([input], attempt + 1);
                else
                    outcomes[input.Id] = new RecordOutcome.Unknown();
            }
        }

        // First by what the answer names, then in halves.
        async Task DivideAsync(IReadOnlyList<ContactUpsert> part, HubSpotProblem problem, int attempt)
        {
            var named = Named(part, problem);
            if (named.Count is 0 || named.Count == part.Count)
                named = [.. part.Take((part.Count + 1) / 2)];

            await SendPartAsync([.. part.Except(named)], attempt);
            await SendPartAsync(named, attempt);
        }

        async Task JudgeAsync(ContactUpsert input, Answer<BatchResponse<Contact>> answer, int attempt)
        {
            var isOutage = answer.Kind == AnswerKind.Unavailable;
            if (attempt < (isOutage ? MaximumOutages : MaximumAttempts) && (isOutage || answer.Kind is AnswerKind.Conflict or AnswerKind.Unreadable))
                await SendPartAsync([input], attempt + 1);
            else if (isOutage)
            {
                // HubSpot fails at this contact again and again. Whether it fails at everything decides whose fault that is.
                await caller.EnsureAliveAsync(permit.Demand, cancellationToken);
                outcomes[input.Id] = new RecordOutcome.Refused(Signed(answer.Problem!, answer));
            }
            else
                outcomes[input.Id] = answer.Kind == AnswerKind.Unreadable ? new RecordOutcome.Unknown() : new RecordOutcome.Refused(answer.Problem!);
        }
    }

    /// <summary>The problems within a batch carry no correlation id of their own.</summary>
    private static HubSpotProblem Signed(HubSpotProblem problem, Answer<BatchResponse<Contact>> answer) =>
        problem with { CorrelationId = problem.CorrelationId ?? answer.CorrelationId };

    private static IReadOnlyList<ContactUpsert> Named(IReadOnlyList<ContactUpsert> part, HubSpotProblem problem)
    {
        var names = problem.ContextValues("objectWriteTraceId").Concat(problem.ContextValues("ids")).Concat(problem.ContextValues("id"))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. part.Where(input => names.Contains(input.Id) || names.Contains(input.ObjectWriteTraceId))];
    }

    private static bool IsConflict(HubSpotProblem problem) => problem.Status == 409 || problem.Category == "CONFLICT";
}

/// <summary>What became of a batch.</summary>
/// <param name="Outcomes">By identity; what was interrupted has none.</param>
/// <param name="Interruption">Why something has none, if so.</param>
internal sealed record Sent(IReadOnlyDictionary<string, RecordOutcome> Outcomes, Exception? Interruption)
{
    public static Sent Nothing { get; } = new(new Dictionary<string, RecordOutcome>(), null);
}
