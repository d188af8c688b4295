using System.Security.Principal;
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
        if (http.Request.Path.Value!.EndsWith('/'))
            return new Redirection("../console"); // The addresses in it are relative.

        SecurityHeaders.WriteTo(http.Response, Policy);
        var page = ConsoleFile.Page
            .Replace("{{anti-forgery}}", HtmlEncoder.Default.Encode(antiForgery), StringComparison.Ordinal)
            .Replace("{{operator}}", HtmlEncoder.Default.Encode(NameOf(http.User.Identity)), StringComparison.Ordinal);
        return TypedResults.Content(page, "text/html; charset=utf-8");
    }

    /// <summary>What belongs to it.</summary>
    public static IResult File(HttpContext http, string name)
    {
        SecurityHeaders.WriteTo(http.Response);
        return ConsoleFile.Find(name)?.ToResult() ?? TypedResults.NotFound();
    }

    /// <summary>Empty for who need not sign in, and so cannot sign out.</summary>
    private static string NameOf(IIdentity? identity) => identity is { IsAuthenticated: true } ? identity.Name ?? "Signed in" : "";
}
