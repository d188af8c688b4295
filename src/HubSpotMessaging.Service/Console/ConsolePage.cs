using System.Text.Encodings.Web;
using HubSpotMessaging.Service.OAuth;

namespace HubSpotMessaging.Service.OperatorConsole; // "Console" would hide the other one.

/// <summary>The operators' console.</summary>
internal static class ConsolePage
{
    /// <summary>The page.</summary>
    /// <param name="http">The request of a browser that is let in.</param>
    /// <param name="antiForgery">The token that its scripts send with what they change.</param>
    public static IResult Show(HttpContext http, string antiForgery)
    {
        SecurityHeaders.WriteTo(http.Response);
        return TypedResults.Content(
            $"""<!doctype html><html lang="en"><head><meta name="anti-forgery" content="{HtmlEncoder.Default.Encode(antiForgery)}"><title>HubSpotMessaging</title></head><body></body></html>""",
            "text/html; charset=utf-8");
    }

    /// <summary>What belongs to it.</summary>
    public static IResult File(HttpContext http, string name)
    {
        SecurityHeaders.WriteTo(http.Response);
        return TypedResults.NotFound();
    }
}
