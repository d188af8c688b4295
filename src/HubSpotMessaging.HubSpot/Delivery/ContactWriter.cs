using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>Writes contacts and tells what became of each.</summary>
public sealed class ContactWriter(ContactsClient contacts, Patience patience)
{
    /// <summary>How often something is sent whose outcome HubSpot does not tell.</summary>
    internal const int MaximumAttempts = 3;

    /// <summary>Creates the contact or updates it. Properties that are not named stay as they are; null clears.</summary>
    /// <param name="email">The identity, trimmed and lower-cased.</param>
    /// <param name="properties">Internal names and values.</param>
    /// <param name="cancellationToken">Cancels; whether the contact was written is then unknown.</param>
    /// <exception cref="DeliveryRefusedException">HubSpot refused it, or does not tell.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    public async Task<RecordOutcome.Written> WriteAsync(
        string email, IReadOnlyDictionary<string, string?> properties, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(properties);

        var contact = ToUpsert(email, properties);
        HubSpotProblem? last = null;
        for (var attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            var answer = await patience.SendAsync(call => contacts.UpsertAsync([contact], call), repeatable: true, cancellationToken);
            switch (OutcomeOf(contact, answer))
            {
                case RecordOutcome.Written written:
                    return written;

                // Somebody else created the contact at the same moment: the next attempt updates it.
                case RecordOutcome.Refused { Problem: var conflict } when IsConflict(conflict):
                    last = conflict with { CorrelationId = conflict.CorrelationId ?? answer.CorrelationId };
                    break;

                case RecordOutcome.Refused { Problem: var problem }:
                    throw new DeliveryRefusedException(problem with { CorrelationId = problem.CorrelationId ?? answer.CorrelationId });
            }
        }

        throw last is null
            ? new DeliveryRefusedException(RefusalCategories.NoOutcome, $"HubSpot answered {MaximumAttempts} times without saying what became of the contact.")
            : new DeliveryRefusedException(last);
    }

    private static ContactUpsert ToUpsert(string email, IReadOnlyDictionary<string, string?> properties)
    {
        var values = properties
            .Where(property => !property.Key.Equals("email", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(property => property.Key, property => property.Value ?? "", StringComparer.Ordinal);
        values["email"] = email; // HubSpot wants the identity among the properties too.
        return new() { Id = email, ObjectWriteTraceId = Guid.NewGuid().ToString("N"), Properties = values };
    }

    private static RecordOutcome OutcomeOf(ContactUpsert contact, Answer<BatchResponse<Contact>> answer) =>
        answer.Succeeded ? UpsertOutcomes.Of([contact], answer.Value)[0]
        : answer.Kind == AnswerKind.Unreadable ? new RecordOutcome.Unknown()
        : new RecordOutcome.Refused(answer.Problem);

    private static bool IsConflict(HubSpotProblem problem) => problem.Status == 409 || problem.Category == "CONFLICT";
}
