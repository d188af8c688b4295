using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Api;

/// <summary>
/// Limits the time of the call itself. It stands innermost, so that waiting for a token does not count: a request that ran out of
/// time here was sent, and one that never got here was not.
/// </summary>
internal sealed class RequestTimeoutHandler(IOptions<HubSpotOptions> options, TimeProvider time) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.RequestTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var response = await base.SendAsync(request, limit.Token);
            await response.Content.LoadIntoBufferAsync(limit.Token); // The body must come in time too.
            return response;
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.Unknown, $"No answer within {options.Value.RequestTimeout}.", exception);
        }
    }
}
