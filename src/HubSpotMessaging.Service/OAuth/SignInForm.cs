using System.Text.Encodings.Web;
using HubSpotMessaging.Service.Operators.SigningIn;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>Asks for the operator key, and goes back to the address of its page.</summary>
/// <param name="AntiForgery">Shows that it comes from its page.</param>
/// <param name="LeadsTo">Where it may lead in the end, besides here.</param>
internal sealed record SignInForm(string AntiForgery, Uri? LeadsTo)
{
    /// <summary>
    /// Chromium holds a form to its targets through every redirect, and HubSpot sends people on to the host of their region or of
    /// their company's sign-in: which ones nobody knows beforehand.
    /// </summary>
    public string? Targets => LeadsTo?.Scheme == Uri.UriSchemeHttps ? "https:" : LeadsTo?.GetLeftPart(UriPartial.Authority);

    public string Html(bool keyWasRefused)
    {
        var (complaint, mark) = keyWasRefused
            ? ("""<p class="refused" id="refused" role="alert">This is not the operator key.</p>""", """ aria-invalid="true" aria-describedby="refused" """)
            : ("", " ");

        // The name of a user, never shown, is what password managers file the key under.
        return $"""
            <form method="post" action="">
            <input type="hidden" name="{OperatorCookie.AntiForgeryField}" value="{HtmlEncoder.Default.Encode(AntiForgery)}">
            {complaint}
            <input name="username" value="operator" autocomplete="username" hidden>
            <label for="key">Operator key</label>
            <input id="key" name="key" type="password" autocomplete="current-password"{mark}required autofocus>
            <label for="name">Your name, for the trail</label>
            <input id="name" name="name" maxlength="100" autocomplete="name" placeholder="optional">
            <button type="submit">Sign in</button>
            </form>

            """;
    }
}
