using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>A small page for a person: what happened, and what to do next.</summary>
internal sealed class Page(int status, string title, params string[] paragraphs) : IResult
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #1c2733; --soft: #516170; --paper: #f4f6f8; --card: #ffffff; --line: #d5dce3; --accent: #b23c1b; --on: #ffffff; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #a7b4c0; --paper: #12181e; --card: #1b242d; --line: #33414d; --accent: #ff8f6b; --on: #12181e; } }
        * { box-sizing: border-box; }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif; }
        main { width: min(34rem, 100%); padding: 2.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere; }
        h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
        p { margin: 0 0 1rem; } footer { color: var(--soft); font-size: .875rem; }
        label { display: block; font-weight: 600; margin-bottom: .35rem; }
        input { width: 100%; padding: .6rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: .4rem; }
        a.button, button { display: inline-block; margin-top: .75rem; padding: .6rem 1.1rem; font: inherit; font-weight: 600; color: var(--on); background: var(--accent); border: 0; border-radius: .4rem; text-decoration: none; cursor: pointer; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
        """;

    private static readonly string StyleHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    /// <summary>A link to go on with: address and words.</summary>
    public (string Address, string Words)? Next { get; init; }

    /// <summary>Whether the page asks for the operator key, and goes on with it.</summary>
    public bool AsksForKey { get; init; }

    /// <summary>Where the form of the key may lead in the end, besides here.</summary>
    public Uri? FormLeadsTo { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'sha256-{StyleHash}'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {FormLeadsTo?.GetLeftPart(UriPartial.Authority)}";
        return response.WriteAsync(Html());
    }

    private string Html()
    {
        var body = new StringBuilder();
        foreach (var paragraph in paragraphs)
            body.Append("<p>").Append(Escape(paragraph)).Append("</p>\n");
        if (AsksForKey)
            body.Append("""
                <form method="post" action="">
                <label for="key">Operator key</label>
                <input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
                <button type="submit">Connect</button>
                </form>

                """);
        if (Next is { } next)
            body.Append("<p><a class=\"button\" href=\"").Append(Escape(next.Address)).Append("\">").Append(Escape(next.Words)).Append("</a></p>\n");

        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Escape(title)} - HubSpotMessaging</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>{Escape(title)}</h1>
            {body}<footer>HubSpotMessaging</footer>
            </main>
            </body>
            </html>
            """;
    }

    private static string Escape(string text) => HtmlEncoder.Default.Encode(text);
}
