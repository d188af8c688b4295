using System.Net;
using System.Net.Http.Headers;

namespace HubSpotMessaging.HubSpot.Authorization;

/// <summary>
/// Gives every request to HubSpot a living access token. One that HubSpot refuses is replaced once; a second refusal is the answer.
/// </summary>
internal sealed class AuthorizationHandler(TokenKeeper keeper) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } content)
            await content.LoadIntoBufferAsync(cancellationToken); // So that it can be sent twice.

        var tokens = await keeper.GetAsync(cancellationToken);
        var response = await SendAsync(request, tokens, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
            return response;

        var fresh = await keeper.ReplaceAsync(tokens.AccessToken, cancellationToken);
        response.Dispose();
        return await SendAsync(request, fresh, cancellationToken);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TokenSet tokens, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken.Value);
        return base.SendAsync(request, cancellationToken);
    }
}
