using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot.Api;

/// <summary>
/// Limits the time of the call itself. It stands innermost, so that waiting for a token does not count: a request that ran out of
/// time here was sent, and one that never got here was not.
/// </summary>
internal sealed class RequestTimeoutHandler(IOptions<HubSpotOptions> options, TimeProvider time) : DelegatingHandler
{
    /// <summary>
    /// The last part of the time is measured by itself: a process that was held up, and whose answer has come meanwhile, reads it instead
    /// of giving up the moment it wakes. What it would throw away may be the only tokens that live.
    /// </summary>
    private static readonly TimeSpan LastPart = TimeSpan.FromMilliseconds(500);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource();
        using var done = new CancellationTokenSource();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var expiry = ExpireAsync(timeout, done.Token);
        try
        {
            var response = await base.SendAsync(request, limit.Token);
            await AnswerBody.LoadAsync(response, limit.Token); // The body must come in time too.
            return response;
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(HttpRequestError.Unknown, $"No answer within {options.Value.RequestTimeout}.", exception);
        }
        finally
        {
            await done.CancelAsync();
            await expiry.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ExpireAsync(CancellationTokenSource timeout, CancellationToken cancellationToken)
    {
        await Task.Delay(options.Value.RequestTimeout - LastPart, time, cancellationToken);
        await Task.Delay(LastPart, time, cancellationToken);
        await timeout.CancelAsync();
    }
}
