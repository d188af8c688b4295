using System.Globalization;
using HubSpotMessaging.Service.Operators;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>Where requests are handed in.</summary>
internal sealed class DeadLetterDesk(
    DeadLetterIndex index, DeadLetterRequests requests, StaleReplays stale, OperatorTrail trail, IOptions<DeadLetterOptions> options)
{
    private const int IdsInTrail = 5;

    /// <summary>After this long one asks again, instead of waiting on.</summary>
    private static readonly TimeSpan AnswerMayTake = TimeSpan.FromSeconds(10);

    /// <summary>Whether anybody carries out what is handed in.</summary>
    public bool IsOpen => options.Value.Read;

    /// <summary>What of a replay HubSpot has something newer of.</summary>
    public Task<StaleLetters> StaleAsync(DeadLetterSelection selection, Correction? correction, CancellationToken cancellationToken) =>
        stale.FindAsync(selection, correction, cancellationToken);

    /// <summary>Writes it into the trail, hands it to whoever reads the dead letters, and waits a while for the result.</summary>
    public async Task<DeadLetterResult> HandInAsync(
        DeadLetterAction action, DeadLetterSelection selection, Correction? correction, HttpContext http, string what, string? details, CancellationToken cancellationToken)
    {
        var request = new DeadLetterRequest { Action = action, Selection = selection, Correction = correction };
        var count = (long)(selection.Ids?.Count ?? 0);
        if (selection.Filter is { } filter)
        {
            count = await index.CountAsync(filter, selection.UpTo);
            if (count == 0)
                return new() { Id = request.Id, State = DeadLetterRequestState.Done };
            request = request with { Selection = selection with { UpTo = selection.UpTo ?? await index.LastAsync(filter) } };
        }

        await trail.WriteAsync(http, what, string.Join("; ", new[] { Words(selection), details }.OfType<string>()), count);
        await requests.AddAsync(request);
        return await requests.WaitAsync(request.Id, AnswerMayTake, cancellationToken);
    }

    private static string Words(DeadLetterSelection selection) => selection switch
    {
        { Ids: { } ids } => string.Join(' ', ids.Take(IdsInTrail)) + (ids.Count > IdsInTrail ? string.Create(CultureInfo.InvariantCulture, $" and {ids.Count - IdsInTrail} more") : ""),
        { Filter: { } filter } when !filter.IsEmpty() => string.Join(' ', new[]
        {
            ("group", filter.Group), ("command", filter.Command), ("category", filter.Category), ("property", filter.Property), ("workflow", filter.Workflow),
        }.Where(part => part.Item2 is not null).Select(part => $"{part.Item1}={part.Item2}")),
        _ => "all",
    };
}
