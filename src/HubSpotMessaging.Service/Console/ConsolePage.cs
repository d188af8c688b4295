using System.Text.Encodings.Web;
using HubSpotMessaging.Service.OAuth;

namespace HubSpotMessaging.Service.OperatorConsole; // "Console" would hide the other one.

/// <summary>The operators' console: one page that follows the service by itself, and what belongs to it.</summary>
internal static class ConsolePage
{
    /// <summary>Scripts and styles of ours alone, and no connection but to this service.</summary>
    private const string Policy = "script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'";

    /// <summary>The page.</summary>
    /// <param name="http">The request of a browser that is let in.</param>
    /// <param name="antiForgery">The token that its scripts send with what they change.</param>
    public static IResult Show(HttpContext http, string antiForgery)
    {
        SecurityHeaders.WriteTo(http.Response, Policy);
        return TypedResults.Content(ConsoleFile.Page.Replace("{{anti-forgery}}", HtmlEncoder.Default.Encode(antiForgery), StringComparison.Ordinal), "text/html; charset=utf-8");
    }

    /// <summary>What belongs to it.</summary>
    public static IResult File(HttpContext http, string name)
    {
        SecurityHeaders.WriteTo(http.Response);
        return ConsoleFile.Find(name)?.ToResult() ?? TypedResults.NotFound();
    }
}
