using HubSpotMessaging.HubSpot.Quota;
using Refit;

namespace HubSpotMessaging.HubSpot.Api.Contacts;

/// <summary>HubSpot's contacts. <c>contacts</c> is the family's path with its version.</summary>
public interface IContactsApi
{
    /// <summary>Creates or updates contacts.</summary>
    [Post("/{**contacts}/batch/upsert")]
    Task<IApiResponse<BatchResponse<UpsertedContact>>> UpsertAsync(
        string contacts, [Body] BatchRequest<ContactUpsert> body, [Property(Permit.Option)] Permit? permit, CancellationToken cancellationToken);

    /// <summary>Reads contacts.</summary>
    [Post("/{**contacts}/batch/read")]
    Task<IApiResponse<BatchResponse<Contact>>> ReadAsync(
        string contacts, [Body] ContactsRead body, [Property(Permit.Option)] Permit? permit, CancellationToken cancellationToken);

    /// <summary>Reads one contact.</summary>
    [Get("/{**contacts}/{id}")]
    Task<IApiResponse<Contact>> GetAsync(
        string contacts, string id, string? idProperty, string properties, [Property(Permit.Option)] Permit? permit, CancellationToken cancellationToken);
}
