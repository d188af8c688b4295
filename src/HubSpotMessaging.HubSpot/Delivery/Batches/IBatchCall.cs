using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.HubSpot.Delivery.Batches;

/// <summary>One of HubSpot's batch calls, as a <see cref="BatchDelivery{TInput, TResult}"/> needs to know it. Safe to repeat.</summary>
/// <typeparam name="TInput">One input.</typeparam>
/// <typeparam name="TResult">One result.</typeparam>
internal interface IBatchCall<TInput, TResult>
{
    /// <summary>What an input is known by; no two of a batch have the same.</summary>
    string IdentityOf(TInput input);

    /// <summary>By which words a refusal of the whole batch may name an input.</summary>
    IEnumerable<string> NamesOf(TInput input);

    /// <summary>Calls once.</summary>
    Task<Answer<BatchResponse<TResult>>> SendAsync(IReadOnlyList<TInput> inputs, Permit permit);

    /// <summary>Reads what became of each input, in the order of the inputs.</summary>
    IReadOnlyList<RecordOutcome> OutcomesOf(IReadOnlyList<TInput> inputs, BatchResponse<TResult> response);
}
