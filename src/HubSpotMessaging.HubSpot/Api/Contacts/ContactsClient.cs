using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Api.Contacts;

/// <summary>Reads and writes contacts. Needs the scopes <c>crm.objects.contacts.read</c> and <c>.write</c>.</summary>
public sealed class ContactsClient(IContactsApi api, AnswerClassifier classifier, IOptions<HubSpotOptions> options)
{
    /// <summary>The most contacts that HubSpot takes in one call.</summary>
    public const int MaximumBatch = 100;

    private string Path => options.Value.ApiVersions.Contacts;

    /// <summary>
    /// Creates or updates up to 100 contacts in one call. Safe to repeat. Read what became of each with
    /// <see cref="UpsertOutcomes"/>.
    /// </summary>
    /// <exception cref="ArgumentException">No contact, or more than 100.</exception>
    public async Task<Answer<BatchResponse<UpsertedContact>>> UpsertAsync(
        IReadOnlyList<ContactUpsert> contacts, Permit? permit, CancellationToken cancellationToken)
    {
        EnsureBatch(contacts);
        return classifier.Classify(await api.UpsertAsync(Path, new(contacts), permit, cancellationToken));
    }

    /// <summary>Sends an upsert without contacts, which changes nothing: any answer to it is a sign of life.</summary>
    public async Task<Answer<BatchResponse<UpsertedContact>>> UpsertNothingAsync(Permit? permit, CancellationToken cancellationToken) =>
        classifier.Classify(await api.UpsertAsync(Path, new([]), permit, cancellationToken));

    /// <summary>Reads up to 100 contacts in one call; those that are not there are in neither list or in the errors.</summary>
    /// <exception cref="ArgumentException">No contact, or more than 100.</exception>
    public async Task<Answer<BatchResponse<Contact>>> ReadAsync(ContactsRead contacts, Permit? permit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(contacts);
        EnsureBatch(contacts.Inputs);
        return classifier.Classify(await api.ReadAsync(Path, contacts, permit, cancellationToken));
    }

    /// <summary>Finds the contact with this address, also by a secondary one. <see cref="AnswerKind.NotFound"/> when there is none.</summary>
    public async Task<Answer<Contact>> GetByEmailAsync(string email, Permit? permit, CancellationToken cancellationToken) =>
        classifier.Classify(await api.GetAsync(Path, email, "email", "email", permit, cancellationToken));

    private static void EnsureBatch<T>(IReadOnlyList<T> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count is 0 or > MaximumBatch)
            throw new ArgumentException($"HubSpot takes 1 to {MaximumBatch} contacts in a call, not {batch.Count}.", nameof(batch));
    }
}
