using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;

namespace HubSpotMessaging.HubSpot.Delivery;

/// <summary>Writes contacts and tells what became of each.</summary>
public sealed class ContactWriter(ContactsClient contacts, Patience patience)
{
    /// <summary>How often a contact is sent whose outcome HubSpot does not tell.</summary>
    private const int MaximumAttempts = 3;

    /// <summary>Creates the contact or updates it. Properties that are not named stay as they are; null clears.</summary>
    /// <param name="email">The identity, trimmed and lower-cased.</param>
    /// <param name="properties">Internal names and values.</param>
    /// <param name="cancellationToken">Cancels what has not been sent.</param>
    /// <exception cref="DeliveryRefusedException">HubSpot refused it, or does not tell.</exception>
    /// <exception cref="DeliveryPostponedException">HubSpot could not be asked.</exception>
    public async Task<RecordOutcome.Written> WriteAsync(
        string email, IReadOnlyDictionary<string, string?> properties, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(properties);

        var contact = ToUpsert(email, properties);
        for (var attempt = 1; ; attempt++)
        {
            var answer = await patience.SendAsync(() => contacts.UpsertAsync([contact], permit: null, CancellationToken.None), repeatable: true, cancellationToken);
            var refusal = answer.Problem;
            if (answer.Succeeded)
            {
                var outcome = UpsertOutcomes.Of([contact], answer.Value)[0];
                if (outcome is RecordOutcome.Written written)
                    return written;
                refusal = (outcome as RecordOutcome.Refused)?.Problem;
            }

            // Not told, or somebody else created the contact at the same moment, which the next attempt updates.
            if (attempt < MaximumAttempts && (refusal is null || IsConflict(refusal)))
                continue;

            throw answer.Kind == AnswerKind.Unreadable || refusal is null
                ? new DeliveryRefusedException(
                    RefusalCategories.NoOutcome, "HubSpot answered again and again without saying what became of the contact.", Problem(answer))
                : new DeliveryRefusedException(refusal with { CorrelationId = refusal.CorrelationId ?? answer.CorrelationId });
        }
    }

    private static ContactUpsert ToUpsert(string email, IReadOnlyDictionary<string, string?> properties)
    {
        var values = properties
            .Where(property => !property.Key.Equals("email", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(property => property.Key, property => property.Value ?? "", StringComparer.Ordinal);
        values["email"] = email; // HubSpot wants the identity among the properties too.
        return new() { Id = email, ObjectWriteTraceId = Guid.NewGuid().ToString("N"), Properties = values };
    }

    private static bool IsConflict(HubSpotProblem problem) => problem.Status == 409 || problem.Category == "CONFLICT";

    private static HubSpotProblem Problem(Answer<BatchResponse<Contact>> answer) =>
        answer.Problem ?? new HubSpotProblem { Message = "", CorrelationId = answer.CorrelationId };
}
