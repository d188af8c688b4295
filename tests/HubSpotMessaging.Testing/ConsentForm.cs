using System.Globalization;
using System.Web;

namespace HubSpotMessaging.Testing;

/// <summary>The form of the emulator's consent page, filled in over HTTP.</summary>
public static class ConsentForm
{
    /// <summary>Decides for an account.</summary>
    /// <param name="browser">Follows no redirect by itself.</param>
    /// <param name="page">Where the service sent the browser.</param>
    /// <param name="portal">The account.</param>
    /// <param name="decision"><c>approve</c> or <c>deny</c>.</param>
    /// <returns>The answer: a redirect back to the service.</returns>
    public static async Task<HttpResponseMessage> SubmitAsync(HttpClient browser, Uri page, long portal = 1234567, string decision = "approve")
    {
        var query = HttpUtility.ParseQueryString(page.Query);
        using var form = new FormUrlEncodedContent(
        [
            .. query.AllKeys.Select(key => KeyValuePair.Create(key!, query[key]!)),
            new("portal_id", portal.ToString(CultureInfo.InvariantCulture)),
            new("decision", decision),
        ]);
        return await browser.PostAsync(page.GetLeftPart(UriPartial.Path), form);
    }
}
