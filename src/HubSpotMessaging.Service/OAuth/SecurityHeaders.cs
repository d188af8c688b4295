namespace HubSpotMessaging.Service.OAuth;

/// <summary>Keeps what a browser is answered to that browser: no cache keeps it, no frame shows it, no other site learns its address.</summary>
internal static class SecurityHeaders
{
    /// <param name="response">A page or a redirect.</param>
    /// <param name="policy">What the content security policy says besides; without it nothing at all is loaded.</param>
    public static void WriteTo(HttpResponse response, string policy = "")
    {
        KeepPrivate(response);
        response.Headers.XFrameOptions = "DENY";
        response.Headers.ContentSecurityPolicy = $"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; {policy}".TrimEnd(' ', ';');
    }

    /// <summary>What any answer has that is for operators alone, be it a page or data.</summary>
    public static void KeepPrivate(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }
}
