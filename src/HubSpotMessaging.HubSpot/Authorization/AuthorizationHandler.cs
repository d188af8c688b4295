using System.Net;
using System.Net.Http.Headers;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// Gives every request to HubSpot a living access token. One that HubSpot refuses is replaced once; a second refusal is the answer.
/// </summary>
internal sealed class AuthorizationHandler(IAccessTokens tokens) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } content)
            await content.LoadIntoBufferAsync(cancellationToken); // So that it can be sent twice.

        var current = await tokens.GetAsync(cancellationToken);
        var response = await SendAsync(request, current, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
            return response;

        response.Dispose();
        var fresh = await tokens.ReplaceAsync(current.AccessToken, cancellationToken);
        return await SendAsync(request, fresh, cancellationToken);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TokenSet with, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", with.AccessToken.Value);
        return base.SendAsync(request, cancellationToken);
    }
}
