using System.Text.Encodings.Web;
using HubSpotMessaging.Service.Operators.SigningIn;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>A form that goes back to the address of its page.</summary>
/// <param name="Button">What it does. No text of others.</param>
/// <param name="AsksForKey">Whether it asks for the operator key.</param>
/// <param name="LeadsTo">Where it may lead in the end, besides here.</param>
internal sealed record PageForm(string Button, bool AsksForKey, Uri? LeadsTo = null)
{
    /// <summary>Whether it asks for a name, too.</summary>
    public bool AsksForName { get; init; }

    /// <summary>Shows that it comes from its page; null when something else does.</summary>
    public string? AntiForgery { get; init; }

    /// <summary>
    /// Chromium holds a form to its targets through every redirect, and HubSpot sends people on to the host of their region or of
    /// their company's sign-in: which ones nobody knows beforehand.
    /// </summary>
    public string? Targets => LeadsTo?.Scheme == Uri.UriSchemeHttps ? "https:" : LeadsTo?.GetLeftPart(UriPartial.Authority);

    /// <summary>The key in the form. Without a field for it the form is empty, which the framework's own binding takes for an error.</summary>
    public static async Task<string?> KeyAsync(HttpRequest request) => request.HasFormContentType ? (await request.ReadFormAsync())["key"] : (string?)null;

    public string Html(bool keyWasRefused) => $"""
        <form method="post" action="">
        {(AntiForgery is null ? "" : Token(AntiForgery))}{(AsksForKey ? KeyField(keyWasRefused) : "")}{(AsksForName ? NameField : "")}<button type="submit">{Button}</button>
        </form>

        """;

    private const string NameField = """
        <label for="name">Your name, for the trail</label>
        <input id="name" name="name" maxlength="100" autocomplete="name" placeholder="optional">

        """;

    private static string Token(string token) => $"""<input type="hidden" name="{OperatorCookie.AntiForgeryField}" value="{HtmlEncoder.Default.Encode(token)}">""" + "\n";

    private static string KeyField(bool wasRefused)
    {
        var (complaint, mark) = wasRefused
            ? ("""<p class="refused" id="refused" role="alert">This is not the operator key.</p>""", """ aria-invalid="true" aria-describedby="refused" """)
            : ("", " ");

        // The name of a user, never shown, is what password managers file the key under.
        return $"""
            {complaint}
            <input name="username" value="operator" autocomplete="username" hidden>
            <label for="key">Operator key</label>
            <input id="key" name="key" type="password" autocomplete="current-password"{mark}required autofocus>

            """;
    }
}
