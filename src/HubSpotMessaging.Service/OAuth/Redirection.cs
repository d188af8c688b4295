namespace HubSpotMessaging.Service.OAuth;

/// <summary>Sends the browser on, to an address that may be relative: then the path prefix of a proxy stays what it is.</summary>
internal sealed class Redirection(string address) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = address;
        SecurityHeaders.WriteTo(httpContext.Response);
        return Task.CompletedTask;
    }
}
